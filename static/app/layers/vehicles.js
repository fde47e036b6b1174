// Vehicles on watch: where they last said they are, with their load.

import { minute } from "app/clock";
import { isStale, valueOf } from "app/stations";
import { whereIs } from "app/unit";
import { LANGUAGE, t, say } from "app/words";

const speed = (kmh) => (kmh == null ? "—" : say("%(speed)s km/h", { speed: Math.round(kmh) }));
/** A fact in the language of the page. */
const fact = ({ facts }, name) => (LANGUAGE === "en" && facts[`${name}_en`]) || facts[name] || "—";

export const vehicles = {
  name: "vehicles",
  pictogram: "vehicles",
  title: () => t("Hazmat vehicles"),
  place: (feature, hall) => whereIs(hall, feature),
  mark: (feature, hall) => ({ kind: "vehicles", level: feature.level, unacked: feature.unacked, stale: isStale(hall, feature) }),
  line: (feature, hall) => [fact(feature, "load"), speed(valueOf(hall, feature, "speed"))].join(" · "),
  popup(feature, hall) {
    const { at } = whereIs(hall, feature);
    return [
      [t("Load"), fact(feature, "load")],
      [t("Speed"), speed(valueOf(hall, feature, "speed"))],
      [t("Position"), at ? say("reported %(time)s", { time: minute(at) }) : t("at its base")],
      [t("Driver"), fact(feature, "driver")],
      [t("Company"), fact(feature, "company")],
    ];
  },
};
