// Desks in flood mode: nothing to draw on the map by itself; the list of alarms folds while one of the desk's own goes on.

import { t } from "app/words";

export const floods = {
  name: "floods",
  pictogram: null,
  unlisted: true,
  title: () => t("Alarm flood"),
  mark: () => null,
  line: () => "",
  popup: () => [],
};
