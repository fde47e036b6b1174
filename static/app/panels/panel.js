// The frame of every panel: a heading, and the time of the data in it.

import { html } from "lit-html";
import { minute } from "app/clock";
import { t, say } from "app/words";

/**
 * @param {string} name for CSS @param {string} title
 * @param {{at: number | null, stale: boolean} | null} time of the panel's data
 * @param {import("lit-html").TemplateResult} body @param {unknown} aside beside the heading
 */
export function panel(name, title, time, body, aside = "") {
  const told = time === null ? "" : time.at === null ? t("No data") : time.stale ? say("No data since %(since)s", { since: minute(time.at) }) : minute(time.at);
  return html`<section class="panel panel-${name} ${time?.stale ? "stale" : ""}">
    <header><h2>${title}</h2>${aside}<time class="data-time" title=${t("Time of the data")}>${told}</time></header>
    <div class="panel-body">${body}</div>
  </section>`;
}

/** A big number with its word. */
export const figure = (number, word, more = "") =>
  html`<p class="figure"><b class="number">${number}</b>${more ? html`<span class="of">${more}</span>` : ""}<span class="word">${word}</span></p>`;
