// What is being done: incidents, units on the move, orders by state, the clocks nearest to red.

import { html } from "lit-html";
import { repeat } from "lit-html/repeat";
import { byUrgency, incidentCard, incidentClass, isNew } from "app/incident";
import { panel } from "app/panels/panel";
import { isMoving, ON_THE_JOB, toTarget, unitRow } from "app/unit";
import { clockChip, colourOf, departmentOf, stateWord } from "app/workorder";
import { t, say } from "app/words";

const CLOCKS = 5;
const ORDER_STATES = ["issued", "signed", "handling", "fed_back", "verified", "returned", "arbitration"];

/** The running clocks that are due first, each with its order. */
const nearestClocks = (orders, most = CLOCKS) =>
  orders
    .flatMap((order) => order.clocks.filter(({ stopped_at }) => stopped_at === null).map((clock) => ({ clock, order })))
    .sort((a, b) => a.clock.due_at - b.clock.due_at || (a.order.number < b.order.number ? -1 : 1))
    .slice(0, most);

const clockRows = (orders, now, most) => {
  const nearest = nearestClocks(orders, most);
  return html`<ol class="clock-rows">
    ${repeat(
      nearest,
      ({ clock, order }) => order.id + clock.kind,
      ({ clock, order }) => html`<li title=${order.subject}>${clockChip(clock, now)} <span class="what">${departmentOf(order)} ${order.number}</span></li>`,
    )}
    ${nearest.length ? "" : html`<li class="quiet">${t("No clock is running.")}</li>`}
  </ol>`;
};

/** On the way first, by what is left; then who is there. */
const outUnits = (hall) =>
  hall.store
    .all("units")
    .filter(({ assignment_state }) => assignment_state)
    .sort((a, b) => isMoving(b) - isMoving(a) || (toTarget(hall, a) ?? 0) - (toTarget(hall, b) ?? 0) || (a.id < b.id ? -1 : 1));

const tally = (word, n) => html`<span class=${n ? "" : "none"}>${word}<b class="number">${n}</b></span>`;

/** @param {object} hall @param {{incidents: number, units: number}} most rows of each */
export function responsePanel(hall, most) {
  const now = hall.clock.now() ?? 0;
  const incidents = hall.store.all("incidents").sort(byUrgency(now));
  const units = outUnits(hall);
  const orders = hall.store.all("orders");
  const late = nearestClocks(orders, Infinity).filter(({ clock }) => colourOf(clock, now) === "red").length;
  const fresh = incidents.filter(isNew).length;
  return panel(
    "response",
    html`${t("Response")} <small class=${fresh ? "waiting" : ""}>${say("%(count)s unconfirmed", { count: fresh })}</small>`,
    null,
    html`<div class="response">
      <section class="response-incidents">
        <h3>${t("Incidents")} <b class="number">${incidents.length}</b></h3>
        <ol>${repeat(incidents.slice(0, most.incidents), ({ id }) => id, (one) => html`<li class=${incidentClass(one, now)}>${incidentCard(one, now)}</li>`)}
          ${incidents.length ? "" : html`<li class="quiet">${t("No open incidents.")}</li>`}
          ${incidents.length > most.incidents ? html`<li class="quiet">${say("%(count)s more, less urgent", { count: incidents.length - most.incidents })}</li>` : ""}</ol>
      </section>
      <section class="response-units">
        <h3>${t("Units out")} <b class="number">${units.length}</b></h3>
        <p class="counts">${Object.entries(ON_THE_JOB).map(([state, { word }]) => tally(word(), units.filter(({ assignment_state }) => assignment_state === state).length))}</p>
        <ol>${repeat(units.slice(0, most.units), ({ id }) => id, (unit) => html`<li class="unit-row">${unitRow(hall, unit)}</li>`)}</ol>
      </section>
      <section class="response-orders">
        <h3>${t("Work orders")} <b class="number">${orders.length}</b> ${late ? html`<small class="level-1 coloured">▲ ${say("%(count)s overdue", { count: late })}</small>` : ""}</h3>
        <p class="counts">${ORDER_STATES.map((state) => [state, orders.filter((order) => order.state === state).length]).filter(([state, n], i) => n || i < 5).map(([state, n]) => tally(stateWord(state), n))}</p>
        ${clockRows(orders, now, CLOCKS)}
      </section>
    </div>`,
  );
}
