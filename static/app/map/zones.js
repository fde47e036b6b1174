// Areas of public warnings: a coloured edge and a breath of colour below everything else. They suggest; nothing hides behind them.

import { levelColour } from "app/level";
import { L } from "app/map/leaflet";
import { bySeverity } from "app/warning";

const PANE = "zones";

export class Zones {
  /** @param {object} map @param {object} store @param {() => number} scale */
  constructor(map, store, scale) {
    Object.assign(this, { map, store, scale });
    const pane = map.createPane(PANE);
    pane.style.zIndex = 250; // above the ground, below every mark
    this.renderer = L.svg({ pane: PANE });
    this.shapes = new Map();
    this.shown = true;
  }

  /** Draw anew what stands; a handful of shapes at most. */
  draw() {
    const standing = this.shown ? this.store.all("warnings").filter(({ shape }) => shape) : [];
    const known = new Set(standing.map(({ id }) => id));
    for (const [id, { layer }] of this.shapes) {
      if (known.has(id)) continue;
      layer.remove();
      this.shapes.delete(id);
    }
    // The most severe last: its edge lies on top of the others'.
    for (const warning of standing.sort(bySeverity).reverse()) this._one(warning);
  }

  _one(warning) {
    const before = this.shapes.get(warning.id);
    const colour = levelColour(warning.level);
    const look = { color: colour, weight: 3 * this.scale(), opacity: 0.9, dashArray: warning.exercise ? `${6 * this.scale()} ${6 * this.scale()}` : null, fillColor: colour, fillOpacity: 0.03 };
    if (before && before.warning === warning) {
      before.layer.setStyle(look).bringToFront();
      return;
    }
    before?.layer.remove();
    const layer = L.geoJSON(warning.shape, { style: () => look, pane: PANE, renderer: this.renderer, interactive: false }).addTo(this.map);
    this.shapes.set(warning.id, { layer, warning });
  }
}
