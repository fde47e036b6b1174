// Pump stations.

import { t, say } from "app/words";
import { isStale, pumpsOf, valueOf } from "app/stations";

const metres = (m) => (m == null ? "—" : `${m.toFixed(2)} m`);

export const pumps = {
  name: "pumps",
  pictogram: "pumps",
  title: () => t("Pump stations"),
  mark: (feature, hall) => ({ kind: "pumps", level: feature.level, unacked: feature.unacked, stale: isStale(hall, feature) }),
  line(feature, hall) {
    const all = pumpsOf(hall, feature);
    return say("%(running)s of %(all)s pumps running", { running: all.filter((p) => p.running).length, all: all.length });
  },
  popup: (feature, hall) => [
    [t("Forebay level"), metres(valueOf(hall, feature, "forebay_level"))],
    [t("Start level"), metres(feature.facts.start_level_m)],
    [t("Screen head loss"), metres(valueOf(hall, feature, "screen_head_loss"))],
    ...pumpsOf(hall, feature).map((pump) => [
      say("Pump %(n)s", { n: pump.n }),
      [
        pump.fault > 0 ? say("Fault %(code)s", { code: pump.fault }) : pump.running === null ? "—" : pump.running ? t("Running") : t("Standby"),
        pump.current ? `${pump.current.toFixed(1)} A` : "",
      ]
        .filter(Boolean)
        .join(" · "),
    ]),
  ],
};
