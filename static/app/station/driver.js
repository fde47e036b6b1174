// What the driver of a vehicle was told, and telling them something: shown and spoken in the cab by the vehicle's terminal.

import { html, render } from "lit-html";
import { get, post } from "app/api";
import { ms, second } from "app/clock";
import { called } from "app/person";
import { outcome } from "app/told";
import { t, say } from "app/words";

const LONGEST = 120;

/** Draws into ``box`` and keeps it so. @returns {() => Promise<void>} to call when there may be news */
export function driverCard(hall, id, box) {
  const path = `/api/v1/stations/${id}/texts`;
  const state = { rows: [], text: "", busy: false, problem: "" };

  async function load() {
    try {
      state.rows = await get(path);
    } catch (refusal) {
      state.problem = refusal.message;
    }
    draw();
  }

  async function tell(event) {
    event.preventDefault();
    state.busy = true;
    draw();
    try {
      await post(path, { text: state.text.trim() });
      state.text = state.problem = "";
    } catch (refusal) {
      state.problem = refusal.message;
    }
    state.busy = false;
    await load();
  }

  const form = () => html`<form @submit=${tell}>
    <input type="text" required maxlength=${LONGEST} aria-label=${t("Text to the driver")} placeholder=${t("Text to the driver")}
      .value=${state.text} @input=${(event) => (state.text = event.target.value)}>
    <button class="button" ?disabled=${state.busy}>${t("Tell the driver")}</button>
  </form>`;

  const row = (one) => html`<li><time>${second(ms(one.asked_at))}</time> ${one.text}
    <span class="quiet">${outcome(one.result)}${one.answered_at ? ` · ${say("answered %(time)s", { time: second(ms(one.answered_at)) })}` : ""} · ${called(one.asked_by) || t("automatic")}</span></li>`;

  function draw() {
    render(
      html`${hall.may.has("trip.view") ? html`<p><a class="button" href="/vehicles/${id}/">${t("History of the vehicle")}</a></p>` : ""}
        <h2>${t("Told to the driver")}</h2>
        ${hall.may.has("driver.tell") ? form() : ""}
        ${state.problem ? html`<p class="problem" role="alert">${state.problem}</p>` : ""}
        <ol class="history">${state.rows.map(row)}</ol>
        ${state.rows.length ? "" : html`<p class="quiet">${t("Nothing was told so far.")}</p>`}`,
      box,
    );
  }

  draw();
  return load;
}
