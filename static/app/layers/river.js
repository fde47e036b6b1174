// River stage gauges.

import { t } from "app/words";
import { isStale, riverStanding, unsure, valueOf } from "app/stations";

const metres = (m) => (m == null ? "—" : `${m.toFixed(2)} m`);

export const river = {
  name: "river",
  pictogram: "river",
  title: () => t("River gauges"),
  mark: (feature, hall) => ({ kind: "river", level: feature.level, unacked: feature.unacked, stale: isStale(hall, feature) }),
  line(feature, hall) {
    const level = valueOf(hall, feature, "level");
    const doubt = unsure(hall, feature, "level");
    return level === null ? t("No data") : [metres(level) + doubt, doubt ? "" : riverStanding(level, feature.facts)?.text].filter(Boolean).join(" · ");
  },
  popup: (feature, hall) => [
    [t("Water level"), metres(valueOf(hall, feature, "level")) + unsure(hall, feature, "level")],
    [t("Warning level"), metres(feature.facts.warning_level_m)],
    [t("Guaranteed level"), metres(feature.facts.guaranteed_level_m)],
  ],
};
