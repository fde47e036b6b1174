// The hall's mode: nothing to draw on the map by itself; the wall locks on the scene it names.

import { t } from "app/words";

export const hall = {
  name: "hall",
  pictogram: null,
  unlisted: true,
  title: () => t("Emergency mode"),
  mark: () => null,
  line: () => "",
  popup: () => [],
};
