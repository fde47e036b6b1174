// Vehicles on watch: where they last said they are, with their load.

import { minute } from "app/clock";
import { isStale, valueOf } from "app/stations";
import { whereIs } from "app/unit";
import { LANGUAGE, t, say } from "app/words";

const speed = (kmh) => (kmh == null ? "—" : say("%(speed)s km/h", { speed: Math.round(kmh) }));
/** A fact in the language of the page. */
const fact = ({ facts }, name) => (LANGUAGE === "en" && facts[`${name}_en`]) || facts[name] || "—";

/** What is on board: the waybill's words where it is on a trip, else what it usually carries. */
function load(feature) {
  const { trip } = feature;
  if (!trip) return fact(feature, "load");
  const goods = (LANGUAGE === "en" && trip.goods_en) || trip.goods;
  return [trip.un && `UN ${trip.un}`, goods, trip.mass_kg && say("%(t)s t", { t: Math.round(trip.mass_kg / 100) / 10 })].filter(Boolean).join(" ");
}

export const vehicles = {
  name: "vehicles",
  pictogram: "vehicles",
  title: () => t("Hazmat vehicles"),
  place: (feature, hall) => whereIs(hall, feature),
  mark: (feature, hall) => ({ kind: "vehicles", level: feature.level, unacked: feature.unacked, stale: isStale(hall, feature) }),
  line: (feature, hall) => [load(feature), speed(valueOf(hall, feature, "speed"))].join(" · "),
  popup(feature, hall) {
    const { at } = whereIs(hall, feature);
    return [
      [t("Load"), load(feature)],
      [t("Speed"), speed(valueOf(hall, feature, "speed"))],
      [t("Position"), at ? say("reported %(time)s", { time: minute(at) }) : t("at its base")],
      [t("Driver"), fact(feature, "driver")],
      [t("Company"), fact(feature, "company")],
    ];
  },
};
