// Gas monitors: what is in the air, and where the wind takes it.

import { t } from "app/words";
import { areaRows, windAt, windWords } from "app/gas";
import { isStale, valueOf } from "app/stations";

const GASES = {
  hydrogen_sulphide: () => t("Hydrogen sulphide"),
  methane: () => t("Methane"),
  combustible_gas: () => t("Combustible gas"),
  ammonia: () => t("Ammonia"),
  chlorine: () => t("Chlorine"),
  hydrogen_chloride: () => t("Hydrogen chloride"),
  benzene: () => t("Benzene"),
  carbon_monoxide: () => t("Carbon monoxide"),
  sulphur_dioxide: () => t("Sulphur dioxide"),
};
const unit = (quantity) => (quantity === "combustible_gas" ? "%LEL" : "mg/m³");

/** Every gas that is measured here: [name, value with unit]. */
const measured = (feature, hall) =>
  (feature.points ?? [])
    .filter(({ quantity, channel }) => quantity in GASES && (channel.endsWith(".rtd") || !channel.includes(".")))
    .map(({ channel, quantity }) => {
      const value = valueOf(hall, feature, channel);
      return [GASES[quantity](), value === null ? "—" : `${value.toFixed(value < 10 ? 2 : 0)} ${unit(quantity)}`];
    });

const wind = (feature, hall) => windWords(windAt(hall, feature));

export const gas = {
  name: "gas",
  pictogram: "gas",
  title: () => t("Gas monitors"),
  mark: (feature, hall) => ({ kind: "gas", level: feature.level, unacked: feature.unacked, stale: isStale(hall, feature) }),
  line: (feature, hall) => measured(feature, hall).map((row) => row.join(" ")).join(" · ") || t("No data"),
  popup(feature, hall) {
    const area = hall.affected?.get(feature.id);
    return [...measured(feature, hall), [t("Wind"), wind(feature, hall)], ...(area ? areaRows(area) : [])];
  },
};
