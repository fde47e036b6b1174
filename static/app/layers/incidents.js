// Incidents that are not over. One without a position is in the lists and on no map.

import { ownerName, stateWord, typeName } from "app/incident";
import { minute } from "app/clock";
import { t } from "app/words";

export const incidents = {
  name: "incidents",
  pictogram: "incidents",
  title: () => t("Incidents"),
  mark: (feature) =>
    feature.lon === null ? null : { kind: "incidents", level: feature.level, unacked: feature.state === "reported" },
  line: (feature) => stateWord(feature.state),
  popup: (feature) => [
    [t("Number"), feature.number],
    [t("State"), stateWord(feature.state)],
    [t("Kind"), typeName(feature)],
    [t("Owner"), ownerName(feature) || "—"],
    [t("Received"), minute(feature.received_at)],
  ],
};
