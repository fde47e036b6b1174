// Units on the move: a line from where each is to where it is sent. Only lines that changed are touched.

import { colour } from "app/level";
import { L } from "app/map/leaflet";
import { isMoving, whereIs } from "app/unit";

export class Routes {
  /** @param {object} map @param {object} hall @param {() => number} scale */
  constructor(map, hall, scale) {
    Object.assign(this, { map, hall, scale });
    this.lines = new Map();
    this.draw();
  }

  /** @param {Map<string, Set<string>>} touched @param {Set<string>} values ids with new values */
  follow(touched, values) {
    if (touched.has("units") || [...values].some((id) => this.lines.has(id))) this.draw();
  }

  draw() {
    const moving = new Map(this.hall.store.all("units").filter((unit) => isMoving(unit) && unit.target_lon !== null).map((unit) => [unit.id, unit]));
    for (const [id, line] of this.lines) {
      if (moving.has(id)) continue;
      line.remove();
      this.lines.delete(id);
    }
    for (const [id, unit] of moving) {
      const { lon, lat } = whereIs(this.hall, unit);
      const ends = [[lat, lon], [unit.target_lat, unit.target_lon]]; // prettier-ignore
      const look = { color: colour("--accent"), weight: 2.5 * this.scale(), opacity: 0.9, dashArray: `${8 * this.scale()} ${6 * this.scale()}`, interactive: false };
      if (!this.lines.has(id)) this.lines.set(id, L.polyline(ends, look).addTo(this.map));
      else this.lines.get(id).setLatLngs(ends).setStyle(look);
    }
  }
}
