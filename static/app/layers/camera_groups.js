// Groups of cameras: nothing to draw on the map by itself; records and the video wall open one.

import { t } from "app/words";

export const camera_groups = {
  name: "camera_groups",
  pictogram: null,
  unlisted: true,
  title: () => t("Camera groups"),
  mark: () => null,
  line: () => "",
  popup: () => [],
};
