// One incident: its words, its place in the queue, its card. The same card on wall and desk.

import { html } from "lit-html";
import { badge } from "app/level";
import { minute, span } from "app/clock";
import { person } from "app/person";
import { count, t, say, nameOf } from "app/words";

/** Glyph and word of each state; the order is that of its life. */
export const STATES = {
  reported: { glyph: "○", word: () => t("Reported") },
  confirmed: { glyph: "◔", word: () => t("Confirmed") },
  responding: { glyph: "◑", word: () => t("Responding") },
  controlled: { glyph: "◕", word: () => t("Under control") },
  resolved: { glyph: "●", word: () => t("Resolved") },
  closed: { glyph: "✓", word: () => t("Closed") },
  dismissed: { glyph: "×", word: () => t("Dismissed") },
  merged: { glyph: "⊂", word: () => t("Merged") },
};

export const stateWord = (state) => STATES[state]?.word() ?? state;
export const typeName = (incident) => nameOf({ name: incident.type_name, name_en: incident.type_name_en });
export const ownerName = (incident) => nameOf({ name: incident.owner_name, name_en: incident.owner_name_en });
export const isNew = ({ state }) => state === "reported";
export const isHeld = ({ holder, held_until }, now) => Boolean(holder) && held_until > now;
const unattended = (incident, now) => isNew(incident) && !isHeld(incident, now);

/** As the server's queue: the level, then what nobody has in hand, then the longest waiting. */
export const byUrgency = (now) => (a, b) =>
  a.level - b.level || unattended(b, now) - unattended(a, now) || a.received_at - b.received_at || (a.id < b.id ? -1 : 1);

/** Who has it in hand, and until when; nothing where nobody has. */
export const holder = (incident, now) => (isHeld(incident, now) ? person(incident.holder, say("on it until %(time)s", { time: minute(incident.held_until) })) : "");

export const incidentClass = (incident, now) => `incident-card level-${incident.level} ${unattended(incident, now) ? "unattended" : ""}`;

/**
 * The inside of an incident's card.
 * @param {object} incident a feature of the layer "incidents"
 * @param {number} now the hall's time in ms
 */
export const incidentCard = (incident, now) => html`
  <span class="head">
    ${badge(incident.level)}${incident.level_confirmed ? "" : html`<span class="quiet">${t("proposed")}</span>`}
    <span class="state"><span aria-hidden="true">${STATES[incident.state]?.glyph}</span> ${stateWord(incident.state)}</span>
    ${incident.is_drill ? html`<span class="tag">${t("Drill")}</span>` : ""}
    <time class="when">${minute(incident.received_at)}</time>
  </span>
  <b class="what" title=${nameOf(incident)}>${nameOf(incident)}</b>
  <span class="since">
    ${isNew(incident) ? html`<strong>${say("Unconfirmed for %(span)s", { span: span(now - incident.received_at) })}</strong> · ` : ""}${incident.number}
    · ${typeName(incident)}${incident.alarms.length ? html` · ${count("%(count)s alarm", "%(count)s alarms", incident.alarms.length)}` : ""} ${holder(incident, now)}
  </span>
`;

/** The incident that an alarm belongs to, by the alarm's id. @param {import("app/store").Store} store @returns {Map<string, object>} */
export const incidentsOfAlarms = (store) => new Map(store.all("incidents").flatMap((incident) => incident.alarms.map((id) => [id, incident])));
