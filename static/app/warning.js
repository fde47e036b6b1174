// A public warning in words: its title, and from when to when it stands.

import { day, minute } from "app/clock";
import { LEVELS } from "app/level";
import { LANGUAGE, t, say } from "app/words";

/** Types by the server's slugs; one we do not know keeps the feed's own words. */
const TYPES = {
  typhoon: () => t("Typhoon"),
  rainstorm: () => t("Rainstorm"),
  snowstorm: () => t("Snowstorm"),
  cold_wave: () => t("Cold wave"),
  gale: () => t("Gale"),
  sandstorm: () => t("Sandstorm"),
  heat: () => t("Heat"),
  drought: () => t("Drought"),
  lightning: () => t("Lightning"),
  hail: () => t("Hail"),
  frost: () => t("Frost"),
  fog: () => t("Dense fog"),
  haze: () => t("Haze"),
  road_icing: () => t("Road icing"),
  thunder_gale: () => t("Thunderstorm gale"),
  cold: () => t("Cold"),
  forest_fire: () => t("Forest fire danger"),
  cooling: () => t("Cooling"),
  flood: () => t("Flood"),
  waterlogging: () => t("Waterlogging"),
  landslide: () => t("Landslide"),
  storm_surge: () => t("Storm surge"),
};

/** The kind in one or two words. */
export const kindOf = (warning) => TYPES[warning.type]?.() ?? (warning.event || t("Warning"));

/** The issuer's own title, or in English, where it brought none, one made of kind and colour. */
export function titleOf(warning) {
  if (LANGUAGE !== "en") return warning.name;
  if (warning.name_en) return warning.name_en;
  const colour = LEVELS[warning.level]?.word().toLowerCase() ?? "";
  return `${kindOf(warning)} ${colour} warning`.replace("  ", " ");
}

const moment = (ms, other) => (day(ms, LANGUAGE) === day(other, LANGUAGE) ? minute(ms) : `${day(ms, LANGUAGE)} ${minute(ms)}`);

/** 28 Jul 18:40 – 29 Jul 00:40 */
export const span = (warning) =>
  say("%(since)s to %(until)s", { since: `${day(warning.since, LANGUAGE)} ${minute(warning.since)}`, until: moment(warning.until, warning.since) });

/** Most severe first, then the newest. */
export const bySeverity = (a, b) => (a.level ?? 9) - (b.level ?? 9) || b.sent_at - a.sent_at || (a.id < b.id ? -1 : 1);
