// What did not leave the house: nothing to draw on the map; the desk's bar says how many.

import { t } from "app/words";

export const messages = {
  name: "messages",
  pictogram: null,
  unlisted: true,
  title: () => t("Messages that did not go out"),
  mark: () => null,
  line: () => "",
  popup: () => [],
};
