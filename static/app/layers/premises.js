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
const PARTS = { fault: () => t("Fault"), power_fault: () => t("No power"), shielded: () => t("Shielded") };

const parts = (feature) => Object.keys(PARTS).filter((name) => feature[name]).map((name) => PARTS[name]()).join(" · ");

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
    [t("Responsible"), feature.person ? `${ROLES[feature.role]()} ${feature.person}` : t("Nobody to call is entered.")],
    [t("Address"), feature.address || "—"],
  ],
};
