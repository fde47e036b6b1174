// Incidents that are not over. One without a position is in the lists and on no map.

import { t, nameOf } from "app/words";
import { minute } from "app/clock";

const STATES = { reported: "Reported", confirmed: "Confirmed", responding: "Responding", controlled: "Under control", resolved: "Resolved" };
const named = (name, name_en) => nameOf({ name, name_en });

export const incidents = {
  name: "incidents",
  pictogram: "incidents",
  title: () => t("Incidents"),
  mark: (feature) =>
    feature.lon === null ? null : { kind: "incidents", level: feature.level, unacked: feature.state === "reported" },
  line: (feature) => t(STATES[feature.state]),
  popup: (feature) => [
    [t("Number"), feature.number],
    [t("Kind"), named(feature.type_name, feature.type_name_en)],
    [t("Owner"), feature.owner ? named(feature.owner_name, feature.owner_name_en) : "—"],
    [t("Received"), minute(feature.received_at)],
  ],
};
