// What an alarm is about in one word: what alarms fold by in a flood.

import { LANGUAGE, t } from "app/words";

// By the first part of the alarm's name; a district's own rule says its own name.
const CAUSES = {
  ponding: () => t("Ponding"),
  river: () => t("River level"),
  rain: () => t("Rain"),
  pump: () => t("Pumps"),
  gas: () => t("Gas"),
  fire: () => t("Fire equipment"),
  vehicle: () => t("Vehicles and drivers"),
  camera: () => t("Cameras"),
  station: () => t("No data"),
  link: () => t("No data"),
  node: () => t("No data"),
};

export const causeOf = ({ rule, facts }) =>
  CAUSES[rule.split(".")[0]]?.() ?? ((LANGUAGE === "en" && facts?.rule_en) || facts?.rule || t("Other causes"));
