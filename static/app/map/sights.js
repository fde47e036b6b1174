// Directions in which fires are seen: a dashed line from each lookout, as far as one can see from a tower.

import { colour } from "app/level";
import { L } from "app/map/leaflet";

const SEEN_M = 15000;
const M_PER_DEGREE = 111200;

const ahead = ({ lon, lat, bearing }, metres) => {
  const turn = (bearing * Math.PI) / 180;
  return [lat + (metres * Math.cos(turn)) / M_PER_DEGREE, lon + (metres * Math.sin(turn)) / (M_PER_DEGREE * Math.cos((lat * Math.PI) / 180))];
};

export class Sights {
  /** @param {object} map Leaflet @param {object} store @param {() => number} scale */
  constructor(map, store, scale) {
    Object.assign(this, { map, store, scale });
    this.group = L.layerGroup().addTo(map);
    this.shown = true;
  }

  /** Draw anew what waits; a handful of lines at most. */
  draw() {
    this.group.clearLayers();
    if (!this.shown) return;
    for (const spot of this.store.all("fire_spots")) {
      const look = { color: colour("--level-2"), weight: 1.5 * this.scale(), opacity: 0.9, dashArray: `${4 * this.scale()} ${4 * this.scale()}`, interactive: false };
      for (const sight of spot.sights) L.polyline([[sight.lat, sight.lon], ahead(sight, SEEN_M)], look).addTo(this.group);
      if (spot.lon != null) L.circle([spot.lat, spot.lon], { ...look, dashArray: null, radius: spot.accuracy_m, fillOpacity: 0.1 }).addTo(this.group);
    }
  }
}
