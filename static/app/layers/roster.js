// Who is on duty: nothing to draw on the map; the desk's bar says so, and sounds go by it.

import { t } from "app/words";

export const roster = {
  name: "roster",
  pictogram: null,
  unlisted: true,
  title: () => t("Duty roster"),
  mark: () => null,
  line: () => "",
  popup: () => [],
};
