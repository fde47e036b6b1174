// The vehicle that is chosen on the map: its corridor and where it was in the last hour, as long as its popup is open.

import { get } from "app/api";
import { drawWay } from "app/map/way";

const AGAIN_MS = 10000;

export class Chosen {
  /** @param {object} map Leaflet */
  constructor(map) {
    this.map = map;
    this.id = null;
    this.way = null;
  }

  /** @param {string | null} id of a vehicle; null: none is chosen any more */
  show(id) {
    this.id = id;
    clearInterval(this.timer);
    this.way?.remove();
    this.way = null;
    if (id === null) return;
    this._load();
    this.timer = setInterval(() => document.hidden || this._load(), AGAIN_MS);
  }

  async _load() {
    const { id } = this;
    try {
      const told = await get(`/api/v1/stations/${id}/journey?minutes=60`);
      if (id !== this.id) return; // another was chosen meanwhile
      this.way?.remove();
      this.way = drawWay(this.map, told);
    } catch {
      // What was drawn stays; the popup says where the vehicle is.
    }
  }
}
