// Rain gauges.

import { t, say } from "app/words";
import { isStale, rainSum } from "app/stations";

export const rain = {
  name: "rain",
  pictogram: "rain",
  title: () => t("Rain gauges"),
  mark: (feature, hall) => ({ kind: "rain", level: feature.level, unacked: feature.unacked, stale: isStale(hall, feature) }),
  line(feature, hall) {
    const sum = rainSum(hall, feature);
    return sum ? say("%(mm)s mm in 1 h", { mm: sum.mm.toFixed(1) }) : t("No data");
  },
  popup(feature, hall) {
    return [
      ["1h", t("1 hour")],
      ["3h", t("3 hours")],
      ["6h", t("6 hours")],
      ["12h", t("12 hours")],
      ["24h", t("24 hours")],
    ].map(([window, word]) => {
      const sum = rainSum(hall, feature, window);
      if (!sum) return [word, "—"];
      const whole = sum.complete >= 0.995;
      return [word, `${sum.mm.toFixed(1)} mm${whole ? "" : ` · ${say("%(share)s%% of samples", { share: Math.round(sum.complete * 100) })}`}`];
    });
  },
};
