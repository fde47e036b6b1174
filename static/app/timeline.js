// What happened, in people's words: the same lines on desk and wall.

import { html } from "lit-html";
import { minute, ms } from "app/clock";
import { person } from "app/person";

/** @param {{at: string, who: string, text: string, reason: string}[]} lines in the order to be shown */
export const timelineOf = (lines) => html`<ol class="timeline">
  ${lines.map(
    (line) => html`<li><time class="quiet">${minute(ms(line.at))}</time>
      <p>${line.text} ${line.who ? person(line.who) : ""}${line.reason ? html`<br /><span class="quiet">${line.reason}</span>` : ""}</p></li>`,
  )}
</ol>`;
