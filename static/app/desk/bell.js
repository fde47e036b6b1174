// For which alarms a screen sounds, since when, and how a sentence is spoken. Pure: imports nothing, runs in Node as it is.

const HIGH = 2; // red and orange

/** The least severe level that sounds: in a flood only high ones do. @param {boolean} flooded @param {number} level the district's */
export const leastOf = (flooded, level) => (flooded ? Math.min(HIGH, level) : level);

/**
 * After how many real seconds an alarm of ``area`` sounds at somebody's screen by itself: the own desk at once, the next
 * desk and the shift leader as much later as the plan says; whoever is not on duty for the area at once, since nobody
 * planned otherwise. The server may call earlier.
 * @param {string} me user name @param {object[]} onDuty the roster's rows of now @param {number[]} steps own desk, next
 * desk, shift leader, telephone, in seconds
 */
export function waitOf(me, onDuty, area, steps) {
  const there = onDuty.filter((one) => area.startsWith(one.area));
  const mine = there.filter(({ user }) => user === me);
  if (!mine.length) return 0;
  const placeOf = ({ area: path, desk }) => [-path.length, desk];
  const order = (a, b) => a[0] - b[0] || a[1] - b[1];
  const officers = there.filter(({ position }) => position !== "leader").map(placeOf).sort(order);
  const desks = officers.filter((place, i) => !i || order(place, officers[i - 1]));
  const waits = mine.map((one) => {
    if (one.position === "leader") return steps[2];
    const place = desks.findIndex((desk) => !order(desk, placeOf(one)));
    return place < 2 ? steps[place] : Infinity;
  });
  return Math.min(...waits);
}

/** Whether a step that was taken names this person. */
export const isCalled = (call, me) => Boolean(call?.steps.some(({ who }) => who.some(({ user }) => user === me)));

/** What sounds here, and what of it is news. */
export class Bell {
  constructor() {
    this._known = new Map();
  }

  /**
   * @param {object[]} waiting alarms that rang and nobody has acknowledged or set aside
   * @param {number} at real milliseconds @param {(alarm: object) => number} wait seconds until it sounds here
   * @returns {{calling: object[], fresh: object[]}} fresh: sounds for the first time, became worse, or rang again
   */
  look(waiting, at, wait) {
    const before = this._known;
    this._known = new Map();
    const calling = [];
    const fresh = [];
    for (const alarm of waiting) {
      const { id, level } = alarm;
      const known = before.get(id);
      const since = known?.since ?? at;
      const again = alarm.facts?.again ?? 0;
      const after = known?.rings ? 0 : wait(alarm);
      // What is over by the time at which it would be handed on to this screen is not handed on.
      const rings = at - since >= after * 1000 && (after === 0 || alarm.condition === "active");
      this._known.set(id, { since, level, again, rings });
      if (!rings) continue;
      calling.push(alarm);
      if (!known?.rings || level < known.level || again > known.again) fresh.push(alarm);
    }
    return { calling, fresh };
  }
}

const SPOKEN = [
  [/mg\/m³/g, "毫克每立方米"],
  [/m³\/s/g, "立方米每秒"],
  [/km\/h/g, "公里每小时"],
  [/([\d.]+)\s*%LEL/g, "百分之$1爆炸下限"],
  [/([\d.]+)\s*%/g, "百分之$1"],
  [/(\d)\s*cm\b/g, "$1厘米"],
  [/(\d)\s*mm\b/g, "$1毫米"],
  [/(\d)\s*km\b/g, "$1公里"],
  [/(\d)\s*m\b/g, "$1米"],
  [/(\d)\s*min\b/g, "$1分钟"],
  [/(\d)\s*h\b/g, "$1小时"],
  [/(\d)\s*A\b/g, "$1安"],
  [/\s*·\s*/g, "，"],
];

/** A Chinese sentence as it is spoken: units in words, no marks that a voice would read out. */
export const aloud = (text) => SPOKEN.reduce((told, [what, word]) => told.replace(what, word), text);
