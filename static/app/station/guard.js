// The building of a fire host, and whether its guard was there when asked (查岗); asking now.

import { html, render } from "lit-html";
import { get, post } from "app/api";
import { Building } from "app/building";
import { ms, second } from "app/clock";
import { called } from "app/person";
import { t, say } from "app/words";

const MINUTES = 10;
const STANDINGS = {
  waiting: () => t("Waiting for the guard"),
  answered: () => t("The guard answered"),
  silent: () => t("The guard did not answer in time"),
  not_told: () => t("The fire host could not be reached"),
};

/** Draws into ``box`` and keeps it so. @returns {() => Promise<void>} to call when there may be news */
export function guardCard(hall, id, box) {
  const path = `/api/v1/stations/${id}/guard-checks`;
  const state = { rows: [], busy: false, problem: "" };
  const building = new Building(() => draw());

  async function load() {
    try {
      state.rows = await get(path);
    } catch (refusal) {
      state.problem = refusal.message;
    }
    draw();
  }

  async function ask() {
    state.busy = true;
    draw();
    try {
      state.rows = await post(path, { minutes: MINUTES });
      state.problem = "";
    } catch (refusal) {
      state.problem = refusal.message;
    }
    state.busy = false;
    draw();
  }

  const row = (one) => html`<li class=${one.standing === "silent" || one.standing === "not_told" ? "problem" : ""}><time>${second(ms(one.asked_at))}</time>
    ${(STANDINGS[one.standing] ?? (() => one.standing))()}
    <span class="quiet">${one.answered_at ? say("at %(time)s, operator %(operator)s", { time: second(ms(one.answered_at)), operator: one.operator }) : say("asked for %(minutes)s min", { minutes: one.minutes })} · ${called(one.asked_by)}</span></li>`;

  function draw() {
    render(
      html`${building.draw(id)}
        <h2>${t("Guard checks")}</h2>
        ${hall.may.has("guard.check") ? html`<button class="button" ?disabled=${state.busy} @click=${ask}>${t("Check the guard")}</button>` : ""}
        ${state.problem ? html`<p class="problem" role="alert">${state.problem}</p>` : ""}
        <ol class="history">${state.rows.map(row)}</ol>
        ${state.rows.length ? "" : html`<p class="quiet">${t("The guard was not asked so far.")}</p>`}`,
      box,
    );
  }

  draw();
  return load;
}
