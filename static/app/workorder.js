// One work order: its clocks in words, its place in the list, its card. The same card on desk, wall and phone.

import { html, nothing } from "lit-html";
import { minute, ms } from "app/clock";
import { t, say, nameOf } from "app/words";

export const STATES = {
  issued: () => t("Issued"),
  signed: () => t("Signed for"),
  handling: () => t("In progress"),
  fed_back: () => t("Fed back"),
  verified: () => t("Verified"),
  closed: () => t("Closed"),
  returned: () => t("Returned"),
  arbitration: () => t("In arbitration"),
  cancelled: () => t("Cancelled"),
};
export const KINDS = { work: () => t("Work order"), supervision: () => t("Supervision order") };
const URGENCIES = { extra_urgent: () => t("Extra urgent"), urgent: () => t("Urgent"), ordinary: () => t("Ordinary") };
export const CLOCKS = { sign: () => t("Sign"), answer: () => t("First answer"), arrive: () => t("Arrive"), finish: () => t("Finish") };
const COLOURS = {
  red: { glyph: "▲", word: () => t("Overdue"), level: 1 },
  amber: { glyph: "◆", word: () => t("Due soon"), level: 3 },
  running: { glyph: "○", word: () => "", level: 4 },
  met: { glyph: "✓", word: () => t("In time"), level: "normal" },
  missed: { glyph: "×", word: () => t("Too late"), level: 1 },
};

const clockOnTheWire = (clock) => ({ ...clock, amber_at: ms(clock.amber_at), due_at: ms(clock.due_at), stopped_at: ms(clock.stopped_at) });

/** An order as the API tells it (times as ISO text) with times in ms, as the wire has them. */
export const asOnTheWire = (order) => ({
  ...order,
  issued_at: ms(order.issued_at),
  clocks: order.clocks.map(clockOnTheWire),
  former_clocks: order.former_clocks?.map(clockOnTheWire),
});

const WEIGHT = { red: 0, amber: 1, running: 2 };

/** What a clock shows at ``now`` (ms): "running", "amber", "red"; "met" or "missed" once it was stopped. */
export function colourOf(clock, now) {
  if (clock.stopped_at !== null) return clock.stopped_at <= clock.due_at ? "met" : "missed";
  return now >= clock.due_at ? "red" : now >= clock.amber_at ? "amber" : "running";
}

/** The running clock that is due first, or undefined. */
export const nextClock = ({ clocks }) =>
  clocks.filter((clock) => clock.stopped_at === null).reduce((a, b) => (a && a.due_at <= b.due_at ? a : b), undefined);

/** The colour of the order: that of its next clock, or null where none runs. */
export const colourAt = (order, now) => {
  const clock = nextClock(order);
  return clock ? colourOf(clock, now) : null;
};

/** Most urgent first: overdue, then due soon, then by due time; what waits for nobody's clock comes last. */
export const byUrgency = (now) => (a, b) =>
  (WEIGHT[colourAt(a, now)] ?? 3) - (WEIGHT[colourAt(b, now)] ?? 3) ||
  (nextClock(a)?.due_at ?? Infinity) - (nextClock(b)?.due_at ?? Infinity) ||
  (a.number < b.number ? -1 : 1);

const MINUTE = 60000;
const DAY = 24 * 60;

/** 00:42 (hours and minutes), from a day on "2 d 3 h". Rounded down: nothing promises time that is not there. */
function duration(ms) {
  const minutes = Math.max(0, Math.floor(ms / MINUTE));
  if (minutes >= DAY) return say("%(days)s d %(hours)s h", { days: Math.floor(minutes / DAY), hours: Math.floor((minutes % DAY) / 60) });
  return [Math.floor(minutes / 60), minutes % 60].map((n) => String(n).padStart(2, "0")).join(":");
}

/** "00:42 left", "00:05 over", or when it was done. */
function remaining(clock, now) {
  if (clock.stopped_at !== null) return say("done at %(time)s", { time: minute(clock.stopped_at) });
  const left = clock.due_at - now;
  return left > 0 ? say("%(span)s left", { span: duration(left) }) : say("%(span)s over", { span: duration(-left) });
}

/** One clock: glyph, what it is for, word, remaining time; never colour alone. */
export function clockChip(clock, now) {
  if (!clock) return nothing;
  const { glyph, word, level } = COLOURS[colourOf(clock, now)];
  return html`<span class="order-clock level-${level}" data-colour=${colourOf(clock, now)}
    ><i aria-hidden="true">${glyph}</i> ${CLOCKS[clock.kind]()} ${word() ? html`<b>${word()}</b>` : ""} <span class="left">${remaining(clock, now)}</span></span
  >`;
}

export const stateWord = (state) => (STATES[state] ?? (() => state))();
export const departmentOf = (order) => nameOf({ name: order.department_name, name_en: order.department_name_en });
export const cardClass = (order, now) => `order-card ${{ red: "level-1", amber: "level-3" }[colourAt(order, now)] ?? "level-4"}`;

/** Cards it was given, in words: they are counted, and stay. */
export const cards = (order) => html`${order.red_cards ? html`<span class="tag level-1">${t("Red card")} ${order.red_cards}</span>` : ""}
  ${order.yellow_cards ? html`<span class="tag level-3">${t("Yellow card")} ${order.yellow_cards}</span>` : ""}`;

/**
 * The inside of an order's card.
 * @param {object} order a feature of the layer "orders"
 * @param {number} now the hall's time in ms
 */
export const orderCard = (order, now) => html`
  <span class="head">
    <span class="number">${order.number}</span>
    ${order.kind === "supervision" ? html`<span class="tag level-1">${KINDS.supervision()}</span>` : ""}
    ${order.urgency === "ordinary" ? "" : html`<span class="tag">${URGENCIES[order.urgency]?.() ?? order.urgency}</span>`}
    ${order.is_drill ? html`<span class="tag">${t("Drill")}</span>` : ""} ${cards(order)}
  </span>
  <b class="what">${order.subject}</b>
  ${clockChip(nextClock(order), now)}
  <span class="quiet since">${stateWord(order.state)} · ${departmentOf(order)} · ${say("issued %(time)s", { time: minute(order.issued_at) })}</span>
`;
