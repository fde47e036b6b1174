// Cameras.

import { t } from "app/words";
import { flawOf, isStale, pictureWord } from "app/stations";
import { minute } from "app/clock";

/** There is a picture, but not the one that should be. */
const FLAWED = ["frozen", "black", "blurred", "moved"];

export const cameras = {
  name: "cameras",
  pictogram: "cameras",
  title: () => t("Cameras"),
  mark: (feature, hall) => ({ kind: "cameras", level: feature.level, unacked: feature.unacked, stale: isStale(hall, feature), flawed: FLAWED.includes(feature.picture) }),
  line: (feature) => pictureWord(feature.picture),
  popup: (feature) => [
    [t("Picture"), pictureWord(feature.picture)],
    [t("Since"), feature.picture_since ? minute(feature.picture_since) : "—"],
    ...(flawOf(feature) ? [[t("Because"), flawOf(feature)]] : []),
  ],
};
