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

/** Rows of a CSV: time, then one column a series; values as they were read. */
export function csv(series) {
  const head = ["time", ...series.map(({ channel, unit }) => (unit ? `${channel} (${unit})` : channel))];
  const rows = new Map();
  series.forEach(({ points }, i) => {
    for (const [at, value] of points) {
      if (!rows.has(at)) rows.set(at, new Array(series.length).fill(""));
      rows.get(at)[i] = value;
    }
  });
  const body = [...rows].sort((a, b) => a[0] - b[0]).map(([at, values]) => [new Date(at).toISOString(), ...values]);
  return [head, ...body].map((row) => row.join(",")).join("\r\n");
}
