// Vehicles on watch: where they last said they are, with their load.

import { minute } from "app/clock";
import { isStale, valueOf } from "app/stations";
import { whereIs } from "app/unit";
import { t, say } from "app/words";

const speed = (kmh) => (kmh == null ? "—" : say("%(speed)s km/h", { speed: Math.round(kmh) }));

export const vehicles = {
  name: "vehicles",
  pictogram: "vehicles",
  title: () => t("Hazmat vehicles"),
  place: (feature, hall) => whereIs(hall, feature),
  mark: (feature, hall) => ({ kind: "vehicles", level: feature.level, unacked: feature.unacked, stale: isStale(hall, feature) }),
  line: (feature, hall) => [feature.facts.load, speed(valueOf(hall, feature, "speed"))].filter(Boolean).join(" · "),
  popup(feature, hall) {
    const { at } = whereIs(hall, feature);
    return [
      [t("Load"), feature.facts.load ?? "—"],
      [t("Speed"), speed(valueOf(hall, feature, "speed"))],
      [t("Position"), at ? say("reported %(time)s", { time: minute(at) }) : t("at its base")],
      [t("Driver"), feature.facts.driver ?? "—"],
      [t("Company"), feature.facts.company ?? "—"],
    ];
  },
};
