// The area that gas from this monitor may reach: a sketch, said in words beside what the district knows of people there.

import { html, render } from "lit-html";
import { get } from "app/api";
import { areaRows, windAt, windWords } from "app/gas";
import { t } from "app/words";

/** Draws into ``box``. @returns {() => Promise<void>} to call when there may be news */
export function gasCard(hall, id, box) {
  let area = null;
  let problem = "";

  async function load() {
    try {
      [area = null] = (await get(`/api/v1/affected-areas?station=${id}`)).areas;
      problem = "";
    } catch (refusal) {
      problem = refusal.message;
    }
    draw();
  }

  function draw() {
    const found = hall.store.station(id);
    render(
      html`<h2>${t("Where gas may reach")}</h2>
        ${problem ? html`<p class="problem" role="alert">${problem}</p>` : ""}
        <p>${t("Wind")} ${found ? windWords(windAt(hall, found[1])) : "—"}</p>
        ${area
          ? html`<p class="problem">${t("Sketch, not a dispersion model")}</p><dl class="values">${areaRows(area).map(([word, value]) => html`<div><dt>${word}</dt><dd>${value}</dd></div>`)}</dl>`
          : html`<p class="quiet">${t("No gas is in alarm here: nothing is drawn.")}</p>`}`,
      box,
    );
  }

  draw();
  return load;
}
