// Open alarms. A station carries the level of its worst alarm itself, so alarms draw no second mark; switching this layer on
// keeps stations in alarm on the map even where their own layer is off.

import { t } from "app/words";
import { sentence } from "app/alarm";
import { minute } from "app/clock";
import { called } from "app/person";

export const alarms = {
  name: "alarms",
  pictogram: null,
  title: () => t("Alarms"),
  mark: () => null,
  line: (feature) => sentence(feature),
  popup: (feature) => [
    [t("Raised"), minute(feature.raised_at)],
    [t("Acknowledged"), called(feature.acknowledged_by) || "—"],
  ],
};
