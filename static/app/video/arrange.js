// Which cameras stand in which tile: the group's order, in turn, and those beside a new serious alarm first. Pure: imports
// nothing, runs in Node as it is.

export const SIZES = [4, 9, 16];
const SERIOUS = 2; // orange and worse
const R_M = 6371008;

/** Metres between two places, on a sphere. */
export function apart(a, b) {
  const rad = Math.PI / 180;
  const x = (b.lon - a.lon) * rad * Math.cos(((a.lat + b.lat) / 2) * rad);
  const y = (b.lat - a.lat) * rad;
  return R_M * Math.hypot(x, y);
}

/**
 * The cameras of a group in its order, or all by their codes.
 * @param {object[]} cameras @param {{cameras: string[]} | undefined} group
 */
export function inOrder(cameras, group) {
  if (!group) return [...cameras].sort((a, b) => (a.code < b.code ? -1 : 1));
  const known = new Map(cameras.map((camera) => [camera.id, camera]));
  return group.cameras.map((id) => known.get(id)).filter(Boolean);
}

/**
 * The worst alarm that calls and that each camera watches or stands near: orange or red, not yet acknowledged.
 * @param {object[]} cameras @param {object[]} alarms most urgent first, only those that are open and unacknowledged
 * @returns {Map<string, object>} by camera id
 */
export function beside(cameras, alarms, reach_m) {
  const found = new Map();
  for (const alarm of alarms) {
    if (alarm.level > SERIOUS || alarm.node) continue;
    for (const camera of cameras) {
      if (found.has(camera.id)) continue;
      if (camera.facts?.watches?.includes(alarm.code) || apart(camera, alarm) <= reach_m) found.set(camera.id, alarm);
    }
  }
  return found;
}

/**
 * The cameras in the tiles now, at most ``size``.
 * @param {object[]} ordered the group @param {object[]} forward cameras that come first, from anywhere
 * @param {number} turn how often the page was turned
 */
export function shown(ordered, forward, size, turn) {
  const first = forward.slice(0, size);
  const taken = new Set(first.map(({ id }) => id));
  const rest = ordered.filter(({ id }) => !taken.has(id));
  const free = size - first.length;
  if (!free) return first;
  const turns = pages(rest.length, free);
  const from = (((turn % turns) + turns) % turns) * free;
  return [...first, ...rest.slice(from, from + free)];
}

/** Into how many pages so many cameras fall; one at least. */
export const pages = (count, size) => Math.max(1, Math.ceil(count / size));
