// Readings to what a chart draws: gaps as gaps, doubtful values as marks, pumps as spans. Pure.

/**
 * Breaks a line where a reading is missing: a step longer than two intervals is a gap.
 * @param {[number, number, number][]} points time in ms, value, quality (0 is good)
 * @returns {([number, number] | [number, null])[]} good values only
 */
export function withGaps(points, intervalS) {
  const line = [];
  let last = null;
  for (const [at, value, quality] of points) {
    if (quality !== 0) continue;
    if (last !== null && at - last > 2000 * intervalS) line.push([last + 1, null]);
    line.push([at, value]);
    last = at;
  }
  return line;
}

/** Values that were kept but not believed. @returns {[number, number][]} */
export const doubtful = (points) => points.filter(([, , quality]) => quality !== 0).map(([at, value]) => [at, value]);

/** Spans in which a 0/1 point was 1. @returns {[number, number][]} */
export function spans(points, until, intervalS) {
  const found = [];
  let from = null;
  let last = null;
  for (const [at, value, quality] of points) {
    if (quality !== 0) continue;
    if (from !== null && (value <= 0 || at - last > 2000 * intervalS)) {
      found.push([from, value <= 0 ? at : last]);
      from = null;
    }
    if (value > 0 && from === null) from = at;
    last = at;
  }
  if (from !== null) found.push([from, Math.min(until, last + 1000 * intervalS)]);
  return found;
}

/**
 * What is in doubt, or was until a person vouched for it, newest first.
 * @returns {{at: number, value: number, name: string, unit: string, why: string}[]}
 */
export function doubts({ series, doubts: told, checks }) {
  const named = new Map(series.map((one) => [one.channel, one]));
  return Object.entries(told ?? {})
    .flatMap(([channel, rows]) => rows.map(([at, value, check]) => ({ at, value, name: named.get(channel).name, unit: named.get(channel).unit, why: checks[check] ?? check })))
    .sort((one, other) => other.at - one.at);
}
