// Teams, experts, vehicles and stores: at their last reported position, or at their base where they never reported.

import { KINDS, standing, whereIs } from "app/unit";
import { minute } from "app/clock";
import { t, say } from "app/words";

export const units = {
  name: "units",
  pictogram: "units",
  title: () => t("Units"),
  place: (feature, hall) => whereIs(hall, feature),
  mark: (feature) => ({ kind: "units", level: null, unacked: feature.assignment_state === "assigned", stale: feature.state === "off_duty" }),
  line: (feature) => standing(feature),
  popup(feature, hall) {
    const { at } = whereIs(hall, feature);
    return [
      [t("Kind"), KINDS[feature.kind]?.() ?? feature.kind],
      [t("State"), standing(feature)],
      [t("Position"), at ? say("reported %(time)s", { time: minute(at) }) : t("at its base")],
    ];
  },
};
