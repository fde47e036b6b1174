// The panels of emergency mode: the scene, what happened, who is near, who is where, the orders.

import { html } from "lit-html";
import { repeat } from "lit-html/repeat";
import { alarmClass, alarmRow, byUrgency } from "app/alarm";
import { incidentCard, incidentClass, ownerName } from "app/incident";
import { panel } from "app/panels/panel";
import { farAndLong, isMoving, KINDS, metres, ON_THE_JOB, standing, toTarget, whereIs } from "app/unit";
import { minute } from "app/clock";
import { timelineOf } from "app/timeline";
import { cardClass, clockChip, orderCard } from "app/workorder";
import { t, say, nameOf } from "app/words";

const pair = (word, value) => (value || value === 0 ? html`<div><dt>${word}</dt><dd>${value}</dd></div>` : "");

/** @param {{id: string, incident: object | undefined, page: object | undefined, at: object | null}} scene */
export function scenePanel(hall, { incident, page }) {
  const now = hall.clock.now() ?? 0;
  const alarms = (page?.alarm_rows ?? []).map(({ id }) => hall.store.layer("alarms").get(id)).filter(Boolean).sort(byUrgency);
  return panel(
    "scene",
    t("The scene"),
    null,
    html`${incident ? html`<div class=${incidentClass(incident, now)}>${incidentCard(incident, now)}</div>` : html`<p class="quiet">${page ? html`<b>${page.title}</b> · ${page.state_label}` : t("Loading")}</p>`}
      <dl class="values">
        ${page ? pair(t("Place"), page.address || page.area_name) : ""} ${incident ? pair(t("Owner"), ownerName(incident)) : ""}
        ${page ? pair(t("People affected"), page.people_affected) : ""}
      </dl>
      <ol class="alarms">${repeat(alarms.slice(0, 4), ({ id }) => id, (alarm) => html`<li class=${alarmClass(alarm)}>${alarmRow(alarm, now, hall.store)}</li>`)}</ol>`,
  );
}

export const timelinePanel = (hall, { page }) =>
  panel("timeline", t("Timeline"), null, page ? timelineOf([...page.timeline].reverse().slice(0, 30)) : html`<p class="quiet">${t("Loading")}</p>`);

/** Who could be there first: those on standby and those on their way, by distance as the crow flies. */
export function nearestPanel(hall, { at, id }) {
  const units = at
    ? hall.store
        .all("units")
        .filter((unit) => unit.kind !== "store" && (unit.state === "available" || (unit.incident === id && isMoving(unit))))
        .map((unit) => [unit, metres(whereIs(hall, unit), at)])
        .sort((a, b) => a[1] - b[1])
    : [];
  return panel(
    "nearest",
    html`${t("Nearest units")} <small>${t("as the crow flies, estimate")}</small>`,
    null,
    html`<ol class="rows">
      ${repeat(
        units.slice(0, 9),
        ([unit]) => unit.id,
        ([unit, m]) => html`<li><span class="name">${nameOf(unit)} <span class="quiet">${KINDS[unit.kind]?.()}</span></span><span>${standing(unit)}</span><b class="value">${farAndLong(m, hall.page.speed_kmh)}</b></li>`,
      )}
    </ol>`,
  );
}

const STEPS = [["assigned", "accepted"], ["on_the_way"], ["on_scene"]];

/** Assigned, on the way, on scene: who stands where. */
export function tasksPanel(hall, { id }) {
  const units = hall.store.all("units").filter(({ incident }) => incident === id);
  return panel(
    "tasks",
    t("Task board"),
    null,
    html`<div class="task-board">
      ${STEPS.map((states) => {
        const here = units.filter(({ assignment_state }) => states.includes(assignment_state));
        return html`<section>
          <h3>${ON_THE_JOB[states[0]].word()} <b class="number">${here.length}</b></h3>
          <ul>${repeat(here, (unit) => unit.id, (unit) => {
            const left = isMoving(unit) ? toTarget(hall, unit) : null;
            return html`<li><b>${nameOf(unit)}</b> ${left === null ? "" : html`<span class="quiet">${farAndLong(left, hall.page.speed_kmh)}</span>`}</li>`;
          })}</ul>
        </section>`;
      })}
    </div>`,
  );
}

export function ordersPanel(hall, { id }, most) {
  const now = hall.clock.now() ?? 0;
  const orders = hall.store.all("orders").filter(({ incident }) => incident === id);
  return panel(
    "orders",
    html`${t("Work orders")} <small>${orders.length}</small>`,
    null,
    html`<ol class="order-row">
      ${repeat(orders.slice(0, most), (order) => order.id, (order) => html`<li class=${cardClass(order, now)}>${orderCard(order, now)}
        <p class="four-clocks">${order.clocks.map((clock) => clockChip(clock, now))}</p></li>`)}
      ${orders.length ? "" : html`<li class="quiet">${t("No open orders.")}</li>`}
    </ol>`,
  );
}

/** The red strip: what it is about, since when, for how long. */
export const emergencyStrip = (hall, mode, { incident, page }, span) => html`<span class="emergency-mark">
  ${t("Emergency mode")} · ${incident ? nameOf(incident) : (page?.title ?? "")} · ${say("since %(time)s", { time: minute(mode.at) })} · ${say("elapsed %(span)s", { span: span((hall.clock.now() ?? mode.at) - mode.at) })}
</span>`;
