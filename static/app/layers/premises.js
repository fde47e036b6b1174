// Buildings and premises of the fire cloud: whether it burns there, whether somebody is called, and what does not work.

import { html } from "lit-html";
import { t, nameOf } from "app/words";

const CALLS = {
  called: () => t("Being called"),
  unanswered: () => t("Nobody answered"),
  answered: () => t("Answered, looking"),
};
const ROLES = {
  safety_manager: () => t("Safety manager"),
  duty_room: () => t("Fire control room"),
  building_chief: () => t("Building chief"),
  owner: () => t("Owner or legal representative"),
};
// Bits of GB/T 26875.3-2011.
const PARTS = [
  [2, () => t("Fault")],
  [8, () => t("No power")],
  [3, () => t("Shielded")],
];

const parts = (feature) => PARTS.filter(([bit]) => (feature.parts >> bit) & 1).map(([, word]) => word()).join(" · ");

/** What is to be said of it, the most urgent first. */
const standing = (feature) =>
  [
    feature.fire && t("Fire alarm"),
    CALLS[feature.call]?.(),
    feature.guard_absent && t("Guard check not answered"),
    feature.silent && t("No data from its fire host"),
    parts(feature),
  ].filter(Boolean);

export const premises = {
  name: "premises",
  pictogram: "premises",
  title: () => t("Premises with fire hosts"),
  mark: (feature) => ({
    kind: "premises",
    level: feature.level,
    unacked: feature.unacked,
    stale: feature.silent,
    flawed: feature.guard_absent || Boolean(parts(feature)),
  }),
  line: (feature) => standing(feature).join(" · ") || t("Watching"),
  popup: (feature) => [
    [t("Premises"), html`<a href="/premises/${feature.id}/">${nameOf(feature)}</a>`],
    [t("State"), standing(feature)[0] ?? t("Watching")],
    ...(feature.call ? [[t("Call"), CALLS[feature.call]()]] : []),
    ...(feature.guard_absent ? [[t("Guard check"), t("Guard check not answered")]] : []),
    ...(parts(feature) ? [[t("Parts in trouble"), parts(feature)]] : []),
    [t("Responsible"), feature.first ? `${ROLES[feature.first.role]()} ${feature.first.name}` : t("Nobody to call is entered.")],
    [t("Address"), feature.address || "—"],
  ],
};
