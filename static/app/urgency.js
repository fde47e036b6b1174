// Which alarms call somebody, and in which order they are read. Pure: imports nothing, runs in Node as it is.

/** Kept from calling: shelved, out of service, under maintenance, suppressed by design. */
export const isSetAside = (alarm) => (alarm.suppression ?? "none") !== "none";

/** The condition is there and calls. */
export const isOpen = (alarm) => alarm.condition === "active" && !isSetAside(alarm);

/** Somebody still has to say that it was seen. */
export const isUnacknowledged = (alarm) => alarm.state === "unacknowledged" && !isSetAside(alarm);

/** Active for longer than the district's number of hours. */
export const isStanding = (alarm, now, hours) => alarm.condition === "active" && now - alarm.raised_at >= hours * 3600e3;

/** Most urgent first: what still is so and calls, then the level, then what nobody acknowledged, then the newer. */
export const byUrgency = (a, b) =>
  isOpen(b) - isOpen(a) ||
  a.level - b.level ||
  isUnacknowledged(b) - isUnacknowledged(a) ||
  b.level_since - a.level_since ||
  (a.id < b.id ? -1 : 1);

/**
 * The rows that are drawn, in their order. No alarm leaves them by its age: what stands has its place first.
 * @param {object[]} rows most urgent first @param {number} most @param {(alarm: object) => boolean} stands
 */
export function firstPage(rows, most, stands) {
  if (rows.length <= most) return rows;
  const kept = new Set([...rows.filter(stands), ...rows.filter((row) => !stands(row))].slice(0, most));
  return rows.filter((row) => kept.has(row));
}
