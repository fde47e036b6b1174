// Fire spots that wait for an officer's word; the directions in which they are seen are drawn by map/sights.js.

import { minute } from "app/clock";
import { t, say } from "app/words";

const place = (spot) => (spot.lon == null ? t("only a direction is known") : say("accurate to %(m)s m", { m: Math.round(spot.accuracy_m) }));

export const fire_spots = {
  name: "fire_spots",
  pictogram: "fire_spots",
  title: () => t("Fire spots"),
  mark: () => ({ kind: "fire_spots", level: null, unacked: true, stale: false }),
  line: (spot) => `${minute(spot.last_at)} · ${place(spot)}`,
  popup: (spot) => [
    [t("First seen"), minute(spot.observed_at)],
    [t("Last seen"), minute(spot.last_at)],
    [t("Reports"), spot.reports],
    [t("Position"), place(spot)],
    [t("To do"), t("look at the picture on the page of fire spots")],
  ],
};
