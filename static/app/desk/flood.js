// Flood mode of a desk: which alarms stay single and how the others fold. Pure: imports nothing, runs in Node as it is.

const HIGH = 2; // red and orange

/** The desk's own flood; of several areas the one that began first. */
export const floodOf = (floods, desks) =>
  floods.filter(({ area }) => desks.includes(area)).sort((a, b) => a.began_at - b.began_at)[0];

const grouped = (alarms, key) => {
  const groups = new Map();
  for (const alarm of alarms) {
    const name = key(alarm);
    groups.has(name) ? groups.get(name).push(alarm) : groups.set(name, [alarm]);
  }
  return groups;
};

/** @param {{area?: string, cause?: string}} of what all of its alarms have in common; neither: all that is left */
const row = ({ area, cause }, alarms) => ({
  key: `${cause ?? ""}|${area ?? ""}`,
  area,
  cause,
  alarms,
  worst: Math.min(...alarms.map(({ level }) => level)),
  newest: Math.max(...alarms.map(({ raised_at }) => raised_at)),
});

const byWeight = (a, b) => a.worst - b.worst || b.alarms.length - a.alarms.length || (a.key < b.key ? -1 : 1);

/**
 * High alarms as they are; the others in at most ``most`` rows of area × cause. Where these are more, the causes that
 * stand in most areas become one row each; where the causes alone are more, the lightest share one. None is left out.
 * @param {object[]} alarms most urgent first, which they stay @param {number} most at least 1
 * @param {(alarm: object) => string} areaOf @param {(alarm: object) => string} causeOf
 * @returns {{high: object[], folded: {key: string, area?: string, cause?: string, alarms: object[], worst: number, newest: number}[]}}
 */
export function fold(alarms, most, areaOf, causeOf) {
  const high = alarms.filter(({ level }) => level <= HIGH);
  const causes = [...grouped(alarms.filter(({ level }) => level > HIGH), causeOf)].map(([cause, its]) => {
    const rows = [...grouped(its, areaOf)].map(([area, there]) => row({ area, cause }, there));
    return { cause, its, rows };
  });
  causes.sort((a, b) => b.rows.length - a.rows.length || (a.cause < b.cause ? -1 : 1));
  let count = causes.reduce((sum, { rows }) => sum + rows.length, 0);
  for (const one of causes) {
    if (count <= most) break;
    count -= one.rows.length - 1;
    one.rows = [row({ cause: one.cause }, one.its)];
  }
  const folded = causes.flatMap(({ rows }) => rows).sort(byWeight);
  if (folded.length <= most) return { high, folded };
  const rest = new Set(folded.splice(most - 1).flatMap((one) => one.alarms));
  return { high, folded: [...folded, row({}, alarms.filter((alarm) => rest.has(alarm)))] };
}
