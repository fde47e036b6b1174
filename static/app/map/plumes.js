// Gas in the air: an arrow of the wind at every monitor, and for those in alarm a sketch of where gas may reach. Marked as what it is.

import { get } from "app/api";
import { levelColour } from "app/level";
import { L } from "app/map/leaflet";
import { areaWords, windAt } from "app/gas";

const PANE = "plumes";
const WORDS = "plume-words";
const AGAIN_MS = 10000;

export class Plumes {
  /** @param {object} map @param {object} hall store, affected @param {() => number} scale root size in units of 16 px */
  constructor(map, hall, scale) {
    Object.assign(this, { map, hall, scale, shown: true });
    const pane = map.createPane(PANE);
    pane.style.zIndex = 260; // above the ground and the warned areas, below every mark
    pane.style.pointerEvents = "none";
    const words = map.createPane(WORDS);
    words.style.zIndex = 610; // what it is must be read before what it shows
    words.style.pointerEvents = "none";
    this.renderer = L.svg({ pane: PANE });
    this.group = L.layerGroup().addTo(map);
    this.winds = new Map();
    hall.affected = new Map();
    this._asked = -Infinity;
  }

  /** Ask again where a monitor is in alarm, or was when it was asked last; every ten seconds, since the wind turns. */
  async follow() {
    const alarmed = this.hall.store.all("gas").some(({ level }) => level);
    if (!alarmed && !this.hall.affected.size) return;
    if (performance.now() - this._asked < AGAIN_MS) return;
    this._asked = performance.now();
    try {
      const { areas } = await get("/api/v1/affected-areas");
      this.hall.affected = new Map(areas.map((area) => [area.station, area]));
    } catch {
      return; // what is drawn stays until it can be asked again
    }
    this._shapes();
  }

  draw() {
    this._winds();
    this._shapes();
    this.follow();
  }

  _winds() {
    const keep = new Set();
    for (const monitor of this.shown ? this.hall.store.all("gas") : []) {
      const wind = windAt(this.hall, monitor);
      if (!wind || monitor.lon == null) continue;
      keep.add(monitor.id);
      let arrow = this.winds.get(monitor.id);
      if (!arrow) {
        const icon = L.divIcon({ className: "wind-arrow", html: "", iconSize: null });
        arrow = L.marker([monitor.lat, monitor.lon], { icon, pane: PANE, interactive: false, keyboard: false });
        arrow.on("add", ({ target }) => target.getElement().append(Object.assign(document.createElement("i"), { textContent: "↑" }))).addTo(this.map);
        this.winds.set(monitor.id, arrow);
      }
      const point = arrow.getElement().firstChild;
      point.style.transform = `rotate(${(wind.from + 180) % 360}deg) translateY(-1.6em)`;
      point.style.opacity = wind.speed < 0.5 ? 0.35 : 0.9;
    }
    for (const [id, arrow] of this.winds) {
      if (keep.has(id)) continue;
      arrow.remove();
      this.winds.delete(id);
    }
  }

  _shapes() {
    this.group.clearLayers();
    if (!this.shown) return;
    for (const area of this.hall.affected.values()) {
      const look = { color: levelColour(area.level), weight: 2 * this.scale(), dashArray: `${7 * this.scale()} ${5 * this.scale()}`, fillColor: levelColour(area.level), fillOpacity: 0.12, pane: PANE, renderer: this.renderer, interactive: false };
      this.group.addLayer(L.polygon(area.outline, look));
      for (const ring of area.rings) this.group.addLayer(L.polygon(ring, { ...look, fillOpacity: area.kind === "rings" ? 0 : 0.2 }));
      const west = [...area.outline].sort(([, a], [, b]) => a - b)[0]; // callouts lie to the east
      const label = L.marker(west, { pane: WORDS, interactive: false, keyboard: false, icon: L.divIcon({ className: "plume-word", html: "", iconSize: null }) });
      label.on("add", ({ target }) => (target.getElement().textContent = areaWords(area).join(" · ")));
      this.group.addLayer(label);
    }
  }
}
