// What became of a text that the driver of a vehicle was told. The same on the station page and in the view of a way.

import { t } from "app/words";

const RESULTS = {
  "": () => t("On its way"),
  done: () => t("Confirmed by the terminal"),
  refused: () => t("Refused by the terminal"),
  unanswered: () => t("No answer"),
  not_connected: () => t("Not connected"),
  impossible: () => t("Cannot be told"),
};

/** @param {string} result of the downlink: "" as long as nothing came back */
export const outcome = (result) => RESULTS[result]?.() ?? result;
