// One alarm: its sentence, its place in the list, its row. The same row on wall, desk and station page.

import { html } from "lit-html";
import { badge } from "app/level";
import { minute, span } from "app/clock";
import { movedTo } from "app/moved";
import { called } from "app/person";
import { byUrgency, isOpen, isSetAside, isStanding, isUnacknowledged } from "app/urgency";
import { LANGUAGE, t, say, nameOf } from "app/words";

export { byUrgency, isOpen, isSetAside, isStanding, isUnacknowledged };

/** A fact as people read it: the hall's time for a time, no needless digits for a number. */
function shown(fact) {
  if (typeof fact === "number") return Number(fact.toFixed(2));
  return typeof fact === "string" && /^\d{4}-\d\d-\d\dT/.test(fact) ? minute(Date.parse(fact)) : fact;
}

/** What is the matter, in the reader's language: the rule's own sentence with its facts filled in. */
export function sentence({ rule, facts }) {
  const { text, ...params } = facts ?? {};
  if (!text) return t(rule);
  if (LANGUAGE === "en" && params.rule_en) params.rule = params.rule_en; // a rule that the district named itself
  return say(text, Object.fromEntries(Object.entries(params).map(([name, fact]) => [name, shown(fact)])));
}

/** What keeps an alarm from calling. */
const SUPPRESSIONS = {
  out_of_service: () => t("Out of service"),
  shelved: () => t("Shelved"),
  maintenance: () => t("Maintenance"),
  suppressed_by_design: () => t("Suppressed by design"),
};

/** Over, and nobody has to look at it any more: what held it back then is history. */
const isOver = (alarm) => alarm.condition !== "active" && !(alarm.state === "unacknowledged" && alarm.rang);

/** The marks of what holds an alarm back: word, until when, by whom. */
const marks = (alarm) =>
  (isOver(alarm) ? [] : (alarm.suppressions ?? [])).map(({ cause, until, by }) => {
    const end = until ? say("until %(time)s", { time: minute(Date.parse(until)) }) : "";
    return html`<span class="aside-mark">${[SUPPRESSIONS[cause](), end, called(by)].filter(Boolean).join(" · ")}</span>`;
  });

/** Who has it in hand, or for how long nobody. */
function standing(alarm, now) {
  const parts = marks(alarm);
  if (alarm.asked) parts.push(html`<span class="aside-mark">${say("%(who)s asks to shelve it until %(time)s", { who: called(alarm.asked.by), time: minute(Date.parse(alarm.asked.until)) })}</span>`);
  if (alarm.state === "unacknowledged") {
    parts.push(html`<strong>${say("Unacknowledged for %(span)s", { span: span(now - alarm.raised_at) })}</strong>`);
  } else {
    parts.push(say("%(who)s acknowledged at %(time)s", { who: called(alarm.acknowledged_by), time: minute(alarm.acknowledged_at) }));
  }
  if (alarm.cleared_at) parts.push(say("Cleared at %(time)s", { time: minute(alarm.cleared_at) }));
  const was = !alarm.cleared_at && alarm.worst_level < alarm.level ? html`<span class="was"> · ${t("Was")} ${badge(alarm.worst_level, { short: true })}</span>` : "";
  return html`${parts.map((part, i) => html`${i ? " · " : ""}${part}`)}${was}`;
}

/**
 * The inside of an alarm's row.
 * @param {object} alarm
 * @param {number} now the hall's time in ms
 * @param {object} [store] where the values of its station are, to tell where they stand now
 */
export const alarmRow = (alarm, now, store) => html`
  ${badge(alarm.level)}
  <span class="what" title="${nameOf(alarm)} ${sentence(alarm)}"><b class="shrinks-first">${nameOf(alarm)}</b> <span class="shrinks-last">${sentence(alarm)}${store ? movedTo(store, alarm) : ""}</span></span>
  <time class="when">${minute(alarm.raised_at)}</time>
  <span class="since">${standing(alarm, now)}</span>
`;

export const alarmClass = (alarm) =>
  `alarm level-${alarm.level} ${isUnacknowledged(alarm) ? "unacknowledged" : "acknowledged"} ${isSetAside(alarm) ? "aside" : isOpen(alarm) ? "" : "cleared"}`;

