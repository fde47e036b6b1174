// Cameras.

import { t } from "app/words";
import { isStale, pictureWord } from "app/stations";
import { minute } from "app/clock";

export const cameras = {
  name: "cameras",
  pictogram: "cameras",
  title: () => t("Cameras"),
  mark: (feature, hall) => ({ kind: "cameras", level: feature.level, unacked: feature.unacked, stale: isStale(hall, feature) }),
  line: (feature) => pictureWord(feature.picture),
  popup: (feature) => [
    [t("Picture"), pictureWord(feature.picture)],
    [t("Since"), feature.picture_since ? minute(feature.picture_since) : "—"],
  ],
};
