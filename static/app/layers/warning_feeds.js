// Feeds of public warnings that are not heard: nothing to draw on the map; the strip of warnings says so.

import { t } from "app/words";

export const warning_feeds = {
  name: "warning_feeds",
  pictogram: null,
  unlisted: true,
  title: () => t("Public warnings"),
  mark: () => null,
  line: () => "",
  popup: () => [],
};
