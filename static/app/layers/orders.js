// Work orders that are not closed, with the clock that is due first. One without a place is in the lists and on no map.

import { CLOCKS, departmentOf, nextClock, stateWord } from "app/workorder";
import { minute } from "app/clock";
import { t } from "app/words";

export const orders = {
  name: "orders",
  pictogram: "orders",
  title: () => t("Work orders"),
  mark: (feature) => (feature.lon === null ? null : { kind: "orders", level: feature.red_cards ? 1 : feature.yellow_cards ? 3 : null }),
  line(feature) {
    const clock = nextClock(feature);
    return [stateWord(feature.state), clock && `${CLOCKS[clock.kind]()} ${minute(clock.due_at)}`].filter(Boolean).join(" · ");
  },
  popup: (feature) => [
    [t("Number"), feature.number],
    [t("Department"), departmentOf(feature)],
    [t("State"), stateWord(feature.state)],
    ...feature.clocks.map((clock) => [CLOCKS[clock.kind](), minute(clock.stopped_at ?? clock.due_at)]),
  ],
};
