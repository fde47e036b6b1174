// Public warnings: the areas they speak of, coloured by map/zones.js; what they say stands on their page.

import { t, nameOf } from "app/words";
import { span, titleOf } from "app/warning";

export const warnings = {
  name: "warnings",
  pictogram: "warnings",
  title: () => t("Public warnings"),
  mark: () => null,
  line: (feature) => span(feature),
  popup: (feature) => [
    [t("Warning"), titleOf(feature)],
    [t("Issued by"), feature.sender || "—"],
    [t("Area"), feature.places.map(nameOf).join("、") || "—"],
    [t("Stands"), span(feature)],
  ],
};
