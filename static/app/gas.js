// What is said of escaped gas: the wind at a monitor, and the sketch of the area it may reach. The same on map, panel and page.

import { LANGUAGE, t, say, nameOf } from "app/words";
import { isStale, valueOf } from "app/stations";

/** The wind that a monitor measures now. @returns {{speed: number, from: number} | null} */
export function windAt(hall, monitor) {
  const of = (quantity) => monitor.points?.find((point) => point.quantity === quantity)?.channel;
  const speed = valueOf(hall, monitor, of("wind_speed"));
  const from = valueOf(hall, monitor, of("wind_direction"));
  return speed === null || from === null || isStale(hall, monitor) ? null : { speed, from };
}

export const windWords = (wind) => (wind ? say("%(speed)s m/s from %(degrees)s°", { speed: wind.speed.toFixed(1), degrees: Math.round(wind.from) }) : t("unknown"));

/** The sketch in a few words, the first of which says that it is one. */
export function areaWords(area) {
  const words = [t("Sketch, not a dispersion model")];
  words.push(area.kind === "sector" ? say("downwind %(m)s m", { m: area.length_m }) : say("all round %(m)s m", { m: area.length_m }));
  words.push(say("%(n)s premises", { n: area.premises }));
  if (area.premises_counted) words.push(say("at least %(n)s people", { n: area.people }));
  return words;
}

/** Rows for a panel: [word, value]. */
export function areaRows(area) {
  const wind = area.wind ? `${windWords({ speed: area.wind.speed_ms, from: area.wind.from_deg })} (${area.wind.of})` : t("unknown");
  const places = area.areas.map(nameOf).join(LANGUAGE === "en" ? ", " : "、");
  return [
    [t("Affected area"), areaWords(area).slice(0, 2).reverse().join(" · ")],
    [t("Clear all round"), `${area.cleared_m} m`],
    [t("Wind used"), wind],
    [t("Premises inside"), say("%(n)s, people of %(known)s of them known: %(people)s", { n: area.premises, known: area.premises_counted, people: area.people })],
    [t("Communities touched"), area.areas_count ? `${places}${area.areas_count > area.areas.length ? " …" : ""}` : "—"],
  ];
}
