// Who is called for an alarm: nothing to draw on the map; the list of alarms says so.

import { t } from "app/words";

export const calls = {
  name: "calls",
  pictogram: null,
  unlisted: true,
  title: () => t("Calls"),
  mark: () => null,
  line: () => "",
  popup: () => [],
};
