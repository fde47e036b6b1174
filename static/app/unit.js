// Teams, experts, vehicles, stores: where they are, what they are on, how far that is. The same row on wall and desk.

import { html } from "lit-html";
import { minute } from "app/clock";
import { t, say, nameOf } from "app/words";

export const KINDS = { team: () => t("Team"), expert: () => t("Expert"), vehicle: () => t("Vehicle"), store: () => t("Material store") };
const RESTING = { available: () => t("On standby"), assigned: () => t("Sent out"), off_duty: () => t("Off duty"), maintenance: () => t("Out of service") };
export const ON_THE_JOB = {
  assigned: { glyph: "○", word: () => t("Assigned") },
  accepted: { glyph: "◔", word: () => t("Accepted") },
  on_the_way: { glyph: "◑", word: () => t("On the way") },
  on_scene: { glyph: "●", word: () => t("On scene") },
};

/** Where a unit is: {lon, lat, at} as it last reported, or its base without a time. */
export const whereIs = (hall, unit) => hall?.store.values.get(unit.id)?.position ?? { lon: unit.lon, lat: unit.lat, at: null };

export const standing = (unit) => (ON_THE_JOB[unit.assignment_state]?.word ?? RESTING[unit.state] ?? (() => unit.state))();
export const isMoving = ({ assignment_state }) => assignment_state === "assigned" || assignment_state === "accepted" || assignment_state === "on_the_way";

const RAD = Math.PI / 180;

/** Metres between two {lon, lat}, on the sphere. */
export function metres(a, b) {
  const h = Math.sin(((b.lat - a.lat) * RAD) / 2) ** 2 + Math.cos(a.lat * RAD) * Math.cos(b.lat * RAD) * Math.sin(((b.lon - a.lon) * RAD) / 2) ** 2;
  return 2 * 6371008.8 * Math.asin(Math.sqrt(h));
}

export const far = (m) => (m < 1000 ? `${Math.round(m / 10) * 10} m` : `${(m / 1000).toFixed(1)} km`);

/** Distance as the crow flies, and the minutes it would take at the speed assumed: said to be an estimate. */
export function farAndLong(m, kmh) {
  const minutes = kmh ? Math.ceil((m / 1000 / kmh) * 60) : null;
  return minutes === null ? far(m) : say("%(far)s, about %(minutes)s min", { far: far(m), minutes });
}

/** How far a unit still is from its target, in m, or null. */
export const toTarget = (hall, unit) => (unit.target_lon == null ? null : metres(whereIs(hall, unit), { lon: unit.target_lon, lat: unit.target_lat }));

/** The inside of a unit's row. @param {object} unit a feature of the layer "units" */
export function unitRow(hall, unit, more = "") {
  const { at } = whereIs(hall, unit);
  const left = isMoving(unit) ? toTarget(hall, unit) : null;
  return html`<span class="glyph" aria-hidden="true">${ON_THE_JOB[unit.assignment_state]?.glyph ?? "–"}</span>
    <b class="what" title=${nameOf(unit)}>${nameOf(unit)}</b>
    <span class="state">${standing(unit)}</span>
    <span class="since">${KINDS[unit.kind]?.()}${left === null ? "" : html` · ${farAndLong(left, hall.page.speed_kmh)}`} · ${at ? say("position of %(time)s", { time: minute(at) }) : t("at its base")} ${more}</span>`;
}
