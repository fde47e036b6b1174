// Ponding sites: roads, underpasses, neighbourhoods.

import { t } from "app/words";
import { isStale, unsure, valueOf } from "app/stations";

const centimetres = (cm) => (cm === null ? t("No data") : `${cm.toFixed(0)} cm`);

export const ponding = {
  name: "ponding",
  pictogram: "ponding",
  title: () => t("Ponding sites"),
  mark: (feature, hall) => ({ kind: "ponding", level: feature.level, unacked: feature.unacked, stale: isStale(hall, feature) }),
  line: (feature, hall) => centimetres(valueOf(hall, feature, "depth")) + unsure(hall, feature, "depth"),
  popup: (feature, hall) => [
    [t("Ponding depth"), centimetres(valueOf(hall, feature, "depth")) + unsure(hall, feature, "depth")],
    [t("Site"), feature.facts.underpass ? t("Underpass") : feature.facts.site === "home" ? t("Neighbourhood") : t("Road")],
  ],
};
