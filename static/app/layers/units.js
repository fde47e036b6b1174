// Teams, experts, vehicles and stores: at their last reported position, or at their base where they never reported.

import { t, say } from "app/words";
import { minute } from "app/clock";

const STATES = { available: "On standby", assigned: "Sent out", off_duty: "Off duty", maintenance: "Out of service" };
const ON_THE_JOB = { assigned: "Assigned", accepted: "Accepted", on_the_way: "On the way", on_scene: "On scene" };
const KINDS = { team: "Team", expert: "Expert", vehicle: "Vehicle", store: "Material store" };

/** Where a unit is: {lon, lat, at} as it last reported, or its base without a time. */
export const whereIs = (hall, feature) =>
  hall?.store.values.get(feature.id)?.position ?? { lon: feature.lon, lat: feature.lat, at: null };

const standing = (feature) => t(feature.assignment_state ? ON_THE_JOB[feature.assignment_state] : STATES[feature.state]);

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
      [t("Kind"), t(KINDS[feature.kind])],
      [t("State"), standing(feature)],
      [t("Position"), at ? say("reported %(time)s", { time: minute(at) }) : t("at its base")],
    ];
  },
};
