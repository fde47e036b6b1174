// The wall's layouts as data: columns in shares of the width, and which panels stand in which zone. Pure.
// Seams of a wall made of several screens lie where columns meet, so that no text crosses them.

/**
 * zones: the panels of each column, rows: the share of its column's height each asks for; the same again for emergency mode,
 * where the map stays in its column. places: how many pictures; alarms: how many rows; callouts: labels on the map;
 * cards: how many incidents, units and orders stand below the map; warnings: how many stand on the strip over it.
 */
export const LAYOUTS = {
  // one picture of 16:9 (3840 × 2160, 1920 × 1080)
  standard: {
    columns: [0.235, 0.53, 0.235],
    zones: [["rain", "rivers", "pumps"], ["map", "response"], ["alarms", "ponding", "cameras"]],
    rows: { rain: 1.05, rivers: 0.95, pumps: 1, map: 2.7, response: 1, alarms: 1.5, ponding: 1.05, cameras: 0.9 },
    emergency: {
      zones: [["scene", "timeline"], ["map", "orders"], ["nearest", "tasks", "cameras"]],
      rows: { scene: 1, timeline: 1.6, map: 3.2, orders: 1, nearest: 1.3, tasks: 1, cameras: 0.9 },
    },
    cards: { incidents: 2, units: 3, orders: 3 },
    places: 2,
    alarms: 4,
    callouts: 7,
    latest: 2,
    warnings: 3,
  },
  // three screens side by side (5760 × 1080): seams at one and two thirds
  triple: {
    columns: [1 / 6, 1 / 6, 1 / 3, 1 / 6, 1 / 6],
    zones: [["rain", "pumps"], ["rivers", "ponding"], ["map", "response"], ["alarms"], ["cameras"]],
    rows: { rain: 1, pumps: 1, rivers: 1, ponding: 1.1, map: 2.7, response: 1, alarms: 1, cameras: 1 },
    emergency: {
      zones: [["scene"], ["timeline"], ["map", "orders"], ["nearest", "tasks"], ["cameras"]],
      rows: { scene: 1, timeline: 1, map: 3.2, orders: 1, nearest: 1.3, tasks: 1, cameras: 1 },
    },
    cards: { incidents: 2, units: 3, orders: 3 },
    places: 4,
    alarms: 13,
    callouts: 6,
    latest: 3,
    warnings: 3,
  },
  // two pictures of 16:9 side by side (7680 × 2160): the seam would cut the middle, so the map ends there
  double: {
    columns: [1 / 6, 1 / 6, 1 / 3, 1 / 6, 1 / 6],
    zones: [["rain", "pumps"], ["rivers", "ponding"], ["map", "response"], ["alarms"], ["cameras"]],
    rows: { rain: 1, pumps: 1, rivers: 1, ponding: 1.1, map: 2.7, response: 1, alarms: 1, cameras: 1 },
    emergency: {
      zones: [["scene"], ["timeline"], ["map", "orders"], ["nearest", "tasks"], ["cameras"]],
      rows: { scene: 1, timeline: 1, map: 3.2, orders: 1, nearest: 1.3, tasks: 1, cameras: 1 },
    },
    cards: { incidents: 2, units: 3, orders: 3 },
    places: 3,
    alarms: 13,
    callouts: 8,
    latest: 2,
    warnings: 3,
  },
};

/** The layout named, or the one that fits the picture's shape. @returns {string} a key of LAYOUTS */
export function layoutFor(name, width, height) {
  if (name in LAYOUTS) return name;
  const shape = width / height;
  return shape > 4.4 ? "triple" : shape > 2.6 ? "double" : "standard";
}
