// Fire hosts of buildings: whether any part says fire, and which parts are not as they should be.

import { t, say } from "app/words";
import { isStale, valueOf } from "app/stations";

// Bits of GB/T 26875.3-2011, the most urgent first.
const BITS = [
  [1, () => t("Fire")],
  [2, () => t("Fault")],
  [8, () => t("No power")],
  [3, () => t("Shielded")],
  [5, () => t("Started")],
];

/** The parts of a host that say more than "normal": [place, words]. */
const telling = (feature, hall) =>
  (feature.points ?? [])
    .filter(({ quantity }) => quantity === "fire_part_state")
    .flatMap(({ channel, facts }) => {
      const word = valueOf(hall, feature, channel);
      const said = BITS.filter(([bit]) => (word >> bit) & 1).map(([, name]) => name());
      return said.length ? [[facts.place ?? channel, said.join(" · "), word]] : [];
    });

export const fire = {
  name: "fire",
  pictogram: "fire",
  title: () => t("Fire hosts"),
  mark: (feature, hall) => ({ kind: "fire", level: feature.level, unacked: feature.unacked, stale: isStale(hall, feature) }),
  line(feature, hall) {
    const parts = telling(feature, hall);
    const burning = parts.filter(([, , word]) => (word >> 1) & 1);
    if (burning.length) return say("Fire: %(place)s", { place: burning[0][0] });
    return parts.length ? say("%(place)s: %(state)s", { place: parts[0][0], state: parts[0][1] }) : isStale(hall, feature) ? t("No data") : t("Watching");
  },
  popup(feature, hall) {
    const parts = (feature.points ?? []).filter(({ quantity }) => quantity === "fire_part_state").length;
    return [[t("Building"), feature.facts.building ?? "—"], [t("Parts watched"), `${parts}`], ...telling(feature, hall).map(([place, state]) => [place, state])];
  },
};
