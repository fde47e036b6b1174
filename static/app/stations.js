// What a station's feature and values say together: how old, how much, rising or falling.

import { t, say } from "app/words";

const WAY_MS = 3000; // what a value may spend on its way to the screen, in real time

/** The time of the newest value, or null. */
export function newestAt(values) {
  let at = null;
  for (const value of Object.values(values ?? {})) {
    const seen = Array.isArray(value) ? value[1] : value?.at;
    if (seen != null && (at === null || seen > at)) at = seen;
  }
  return at;
}

/** When data of this age stops being believed: two intervals, and the way to the screen. */
const allowedAge = (feature, rate = 1) => 2 * feature.interval_s * 1000 + WAY_MS * rate;

/** Grey, never green: said to be silent, never heard, or older than two intervals. */
export function isStale(hall, feature) {
  if (feature.silent_since != null) return true;
  if (feature.kind === "camera") return feature.picture === "offline" || !feature.picture;
  const at = newestAt(hall.store.values.get(feature.id));
  const now = hall.clock.now();
  return at === null || (now !== null && now - at > allowedAge(feature, hall.clock.rate));
}

/** The newest data time among stations, and whether even that is too old. @returns {{at: number | null, stale: boolean}} */
export function dataTime(hall, features) {
  let at = null;
  let allowed = 0;
  for (const feature of features) {
    const seen = newestAt(hall.store.values.get(feature.id));
    if (seen !== null && (at === null || seen > at)) at = seen;
    allowed = Math.max(allowed, allowedAge(feature, hall.clock.rate));
  }
  return { at, stale: at === null || hall.clock.now() - at > allowed };
}

/** " ?" behind a value that is not believed, else nothing. */
export const unsure = (hall, feature, channel) => (hall.store.value(feature.id, channel)?.[2] ? " ?" : "");
export const valueOf = (hall, feature, channel) => hall.store.value(feature.id, channel)?.[0] ?? null;

/** @returns {{mm: number, complete: number, at: number} | null} */
export function rainSum(hall, feature, window = "1h") {
  const rain = hall.store.values.get(feature.id)?.rain;
  return rain?.[window] ? { mm: rain[window][0], complete: rain[window][1], at: rain.at } : null;
}

/**
 * The pumps of a station.
 * @returns {{n: number, kind: string, running: boolean | null, fault: number, current: number | null, rated: number}[]}
 */
export function pumpsOf(hall, feature) {
  const values = hall.store.values.get(feature.id) ?? {};
  return (feature.points ?? [])
    .filter((point) => point.quantity === "pump_running")
    .map(({ channel, facts }) => {
      const base = channel.split(".")[0];
      const running = values[`${base}.running`]?.[0];
      return {
        n: facts.pump ?? Number(base.replace(/\D/g, "")),
        kind: facts.kind ?? feature.facts.kind,
        running: running == null ? null : running > 0,
        fault: values[`${base}.fault`]?.[0] ?? 0,
        current: values[`${base}.current`]?.[0] ?? null,
        rated: facts.rated_current_a ?? null,
      };
    })
    .sort((a, b) => a.n - b.n);
}

/** How a river stands: above which mark, and by how much. @returns {{text: string, level: number | null, margin: number} | null} */
export function riverStanding(level, { warning_level_m: warning, guaranteed_level_m: guaranteed }) {
  if (level === null || warning == null) return null;
  const fixed = (m) => m.toFixed(2);
  if (guaranteed != null && level >= guaranteed)
    return { text: say("Above guaranteed by %(m)s m", { m: fixed(level - guaranteed) }), tier: 1 };
  if (level >= warning) return { text: say("Above warning by %(m)s m", { m: fixed(level - warning) }), tier: 2 };
  return { text: say("%(m)s m below warning", { m: fixed(warning - level) }), tier: warning - level <= 0.3 ? 3 : null };
}

export const pictureWord = (state) =>
  ({ online: t("Online"), frozen: t("Frozen"), black: t("Black picture"), blurred: t("Blurred"), moved: t("Moved view"), offline: t("Offline") })[state] ?? t("Unknown");

/** What speaks against a camera's picture, in its numbers. @returns {string} "" where nothing does */
export function flawOf({ picture, seen }) {
  const percent = (share) => Math.round(100 * Math.abs(share));
  if (picture === "blurred" && seen?.sharp != null) return say("%(share)s %% of the usual sharpness", { share: percent(seen.sharp) });
  if (picture !== "moved") return "";
  if (!seen?.shift) return t("The usual view is nowhere in the picture.");
  const [right, down] = seen.shift;
  const parts = [right && `${right > 0 ? "→" : "←"} ${percent(right)} %`, down && `${down > 0 ? "↓" : "↑"} ${percent(down)} %`].filter(Boolean);
  return say("The view lies %(shift)s of the picture away", { shift: parts.join(" ") });
}

/** Rising, falling or steady, from values seen while the page was open. One hour of the hall's time is kept. */
export class Trends {
  constructor(store, channels) {
    this._seen = new Map();
    store.addEventListener("change", ({ stations }) => {
      for (const id of stations ?? store.values.keys()) {
        for (const channel of channels) {
          const value = store.value(id, channel);
          if (value) this._note(`${id}/${channel}`, value[1], value[0]);
        }
      }
    });
  }

  _note(key, at, value) {
    let seen = this._seen.get(key);
    if (!seen) this._seen.set(key, (seen = []));
    if (seen.length && seen.at(-1)[0] >= at) return;
    seen.push([at, value]);
    while (seen.length > 61 || at - seen[0][0] > 3600e3) seen.shift();
  }

  /** @returns {1 | 0 | -1 | null} null: not seen long enough (ten minutes) */
  of(id, channel, step) {
    const seen = this._seen.get(`${id}/${channel}`) ?? [];
    if (seen.length < 2) return null;
    const [now, value] = seen.at(-1);
    const before = seen.findLast(([at]) => now - at >= 10 * 60e3);
    if (!before) return null;
    const change = value - before[1];
    return Math.abs(change) < step ? 0 : Math.sign(change);
  }
}

export const arrow = (trend) => (trend === null ? "" : trend > 0 ? "↑" : trend < 0 ? "↓" : "→");
