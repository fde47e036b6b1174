// Work orders that are not closed, with the clock that is due first. One without a place is in the lists and on no map.

import { t, nameOf } from "app/words";
import { minute } from "app/clock";

const STATES = {
  issued: "Issued",
  signed: "Signed for",
  handling: "In progress",
  fed_back: "Fed back",
  verified: "Verified",
  returned: "Returned",
  arbitration: "In arbitration",
};
const CLOCKS = { sign: "Sign", answer: "First answer", arrive: "Arrive", finish: "Finish" };

/** The running clock of an order that is due first, or undefined. */
export const nextClock = (feature) => feature.clocks.find((clock) => clock.stopped_at === null);

/** "red", "amber", "running" or null, at ``now`` (ms of the hall's time). */
export function colourAt(feature, now) {
  const clock = nextClock(feature);
  if (!clock) return null;
  return now >= clock.due_at ? "red" : now >= clock.amber_at ? "amber" : "running";
}

export const orders = {
  name: "orders",
  pictogram: "orders",
  title: () => t("Work orders"),
  mark: (feature) => (feature.lon === null ? null : { kind: "orders", level: feature.red_cards ? 1 : feature.yellow_cards ? 3 : null }),
  line(feature) {
    const clock = nextClock(feature);
    return [t(STATES[feature.state]), clock && `${t(CLOCKS[clock.kind])} ${minute(clock.due_at)}`].filter(Boolean).join(" · ");
  },
  popup: (feature) => [
    [t("Number"), feature.number],
    [t("Department"), nameOf({ name: feature.department_name, name_en: feature.department_name_en })],
    [t("State"), t(STATES[feature.state])],
    ...feature.clocks.map((clock) => [t(CLOCKS[clock.kind]), minute(clock.stopped_at ?? clock.due_at)]),
  ],
};
