// The map: ground, live objects, labels of the worst, scale, north, coordinates, and what is switched on.

import { html, render } from "lit-html";
import { L } from "app/map/leaflet";
import { ground } from "app/map/base";
import { Callouts } from "app/map/callouts";
import { LiveLayer } from "app/map/live";
import { pictogram } from "app/map/marks";
import { Plumes } from "app/map/plumes";
import { rings, SCENE_M } from "app/map/rings";
import { Routes } from "app/map/routes";
import { Chosen } from "app/map/chosen";
import { Sights } from "app/map/sights";
import { Zones } from "app/map/zones";
import { LAYERS, layerOf } from "app/layers/index";
import { badge, colour } from "app/level";
import { STATION_LAYERS } from "app/store";
import { t, say, nameOf } from "app/words";

const REMEMBERED = "onemap.layers";
const REFRESH_MS = 5000; // how often ages are looked at again where no news comes

/** Root size in units of 16 px: what a wall scales by. */
const rootScale = () => parseFloat(getComputedStyle(document.documentElement).fontSize) / 16;

export class MapView extends EventTarget {
  /**
   * @param {HTMLElement} element
   * @param {object} hall store, clock
   * @param {{bounds: number[], tiles: string, tianditu: object | null}} page west, south, east, north
   * @param {{controls: boolean, callouts: number}} look
   */
  constructor(element, hall, page, { controls, callouts }) {
    super();
    this.hall = hall;
    this.page = page;
    this.controls = controls;
    this.hidden = new Set(controls ? remembered() : []);
    this.map = L.map(element, {
      zoomControl: false,
      attributionControl: Boolean(page.tianditu),
      zoomSnap: controls ? 0.5 : 0.25,
      minZoom: 9,
      maxZoom: 18,
      keyboard: controls,
      zoomAnimation: !matchMedia("(prefers-reduced-motion: reduce)").matches,
      fadeAnimation: false,
    });
    this._fit();
    this._layGround();
    this.zones = new Zones(this.map, hall.store, rootScale);
    this.plumes = new Plumes(this.map, hall, rootScale);
    this.live = new LiveLayer({ scale: rootScale() }).addTo(this.map);
    this.live.on("pick", ({ members, latlng }) => this._picked(members, latlng));
    this.callouts = new Callouts({ map: this.map, store: hall.store, most: callouts, scale: rootScale });
    this.callouts.update();
    this.routes = new Routes(this.map, hall, rootScale);
    this.chosen = new Chosen(this.map);
    this.sights = new Sights(this.map, hall.store, rootScale);
    L.control.scale({ imperial: false, position: "bottomright", maxWidth: 120 * rootScale() }).addTo(this.map);
    this._corner();
    hall.store.addEventListener("change", (news) => this._news(news));
    setInterval(() => this._all(), REFRESH_MS);
    this._all();
    new MutationObserver(() => {
      this._layGround();
      this.live.redraw();
      this.zones.draw();
      this.plumes.draw();
      this.routes.draw();
    }).observe(document.documentElement, { attributeFilter: ["data-theme"] });
    new ResizeObserver(() => this._resized()).observe(element);
  }

  _fit() {
    if (this._scene) {
      this.map.fitBounds(L.latLng(this._scene).toBounds(2 * SCENE_M), { animate: false });
      return;
    }
    const [west, south, east, north] = this.page.bounds;
    this.map.fitBounds(
      [
        [south, west],
        [north, east],
      ],
      { animate: false, padding: [8, 8] },
    );
  }

  _layGround() {
    this._ground?.remove();
    this._ground = ground({ ...this.page, scale: rootScale() }).addTo(this.map);
    this._groundScale = rootScale();
  }

  _resized() {
    this.map.invalidateSize({ animate: false });
    if (!this._moved) this._fit();
    this.live.setScale(rootScale());
    if (rootScale() !== this._groundScale) this._layGround();
    this.callouts.arrange();
  }

  // --- live objects -------------------------------------------------------------------------------
  _news({ touched, stations }) {
    if (stations === null) return this._all();
    for (const [name, ids] of touched) for (const id of ids) this._one(name, id);
    for (const id of stations) {
      const found = this.hall.store.station(id);
      if (found) this._one(found[0], id);
      else if (this.hall.store.layer("units").has(id)) this._one("units", id);
    }
    this.routes.follow(touched, stations);
    if (touched.has("warnings")) this.zones.draw();
    if (touched.has("fire_spots")) this.sights.draw();
    if (touched.has("gas")) this.plumes.draw();
    if (this._popup) this._drawPopup();
    if (touched.size && this.controls) this._drawSwitch();
  }

  _all() {
    const keep = new Set();
    for (const layer of LAYERS) {
      for (const id of this.hall.store.layer(layer.name).keys()) if (this._one(layer.name, id)) keep.add(`${layer.name}/${id}`);
    }
    for (const key of [...this.live.keys()]) if (!keep.has(key)) this.live.remove(key);
    this.sights.shown = !this.hidden.has("fire_spots");
    this.sights.draw();
    this.zones.shown = !this.hidden.has("warnings");
    this.zones.draw();
    this.plumes.shown = !this.hidden.has("gas");
    this.plumes.draw();
    this.routes.draw();
    if (this._popup) this._drawPopup();
    if (this.controls) this._drawSwitch();
    this.callouts.arrange(); // what lies over the map may have grown
  }

  /** Draw, move or take away one feature. @returns {boolean} whether it is drawn */
  _one(name, id) {
    const key = `${name}/${id}`;
    const layer = layerOf(name);
    const feature = this.hall.store.layer(name).get(id);
    const mark = feature && layer && layer.mark(feature, this.hall);
    const shown = !this.hidden.has(name) || (feature?.level != null && !this.hidden.has("alarms"));
    const at = feature && (layer.place?.(feature, this.hall) ?? feature);
    if (!mark || !shown || at.lon == null) {
      this.live.remove(key);
      return false;
    }
    this.live.put(key, { lon: at.lon, lat: at.lat, ...mark, level: mark.level ?? null, unacked: Boolean(mark.unacked), data: { layer: name, id } });
    return true;
  }

  // --- popup ---------------------------------------------------------------------------------------
  _picked(members, latlng) {
    if (this._placing) return;
    this._members = members;
    const box = document.createElement("div");
    box.className = "popup";
    this._box = box;
    this._popup = L.popup({ maxWidth: 320 * rootScale(), closeButton: true, autoPanPadding: [16, 16] })
      .setLatLng(latlng)
      .setContent(box)
      .on("remove", () => {
        this._popup = null;
        this.chosen.show(null);
      });
    this._drawPopup();
    this._popup.openOn(this.map);
    if (members.length === 1 && members[0].layer === "vehicles") this.chosen.show(members[0].id);
    if (members.length === 1) this.dispatchEvent(Object.assign(new Event("pick"), members[0]));
  }

  _drawPopup() {
    const rows = this._members
      .map(({ layer, id }) => [layerOf(layer), this.hall.store.layer(layer).get(id)])
      .filter(([, feature]) => feature);
    const one = ([layer, feature]) => html`
      <h3>${pictogram(layer.pictogram)} ${nameOf(feature)} ${badge(feature.level)}</h3>
      <dl>${layer.popup(feature, this.hall).map(([word, value]) => html`<div><dt>${word}</dt><dd>${value}</dd></div>`)}</dl>
      ${layer.mark(feature, this.hall).stale ? html`<p class="stale">${t("No recent data: what is shown is old.")}</p>` : ""}
      ${this.controls && STATION_LAYERS.includes(layer.name) ? html`<a href="/stations/${feature.id}/">${t("Station page")}</a>` : ""}
    `;
    const line = ([layer, feature]) => html`<li>
      <button class="link" @click=${() => this._picked([{ layer: layer.name, id: feature.id }], [feature.lat, feature.lon])}>
        ${pictogram(layer.pictogram)} ${nameOf(feature)}
      </button>
      ${badge(feature.level, { short: true })} <span class="quiet">${layer.line(feature, this.hall)}</span>
    </li>`;
    render(rows.length === 1 ? one(rows[0]) : html`<ul>${rows.slice(0, 30).map(line)}</ul>`, this._box);
    this._popup?.update();
  }

  /** Bring a station, or another feature of ``layer``, into view. */
  show(id, layer = null) {
    const [name, feature] = layer ? [layer, this.hall.store.layer(layer).get(id)] : (this.hall.store.station(id) ?? []);
    if (feature?.lon == null) return;
    const at = layerOf(name)?.place?.(feature, this.hall) ?? feature;
    this._moved = true;
    this.map.setView([at.lat, at.lon], Math.max(this.map.getZoom(), 14));
  }

  /** The next click on the map is a place: ``take([lon, lat])``. null: none is wanted any more. */
  pickPlace(take) {
    this._placing = take;
    this._placed?.remove();
    const container = this.map.getContainer();
    container.classList.toggle("placing", Boolean(take));
    this.map.off("click", this._place, this);
    if (take) this.map.on("click", this._place, this);
  }

  _place({ latlng }) {
    const take = this._placing;
    this.pickPlace(null);
    this._placed = L.circleMarker(latlng, { radius: 10, weight: 4, color: colour("--accent"), fill: false, interactive: false }).addTo(this.map);
    take([latlng.lng, latlng.lat]);
  }

  /** Lock the view on a scene ({lat, lon}) with rings round it; null: the whole district again, free to move. */
  lock(scene) {
    const same = this._scene && scene && this._scene.lat === scene.lat && this._scene.lon === scene.lon;
    if (same || (!scene && !this._scene)) return;
    this._scene = scene;
    this._rings?.remove();
    this._rings = scene ? rings(scene, rootScale()).addTo(this.map) : null;
    this._moved = false;
    this._fit();
  }

  // --- layer switch, north, coordinates ------------------------------------------------------------
  _corner() {
    const element = this.map.getContainer();
    this.map.on("dragstart zoomstart", () => (this._moved = true));
    const north = document.createElement("div");
    north.className = "north";
    render(html`<svg viewBox="0 0 20 28" role="img" aria-label=${t("North")}><path d="M10 0 17 18 10 14 3 18z"></path><text x="10" y="27">N</text></svg>`, north);
    element.append(north);
    if (!this.controls) return;
    L.control.zoom({ position: "bottomright", zoomInTitle: t("Zoom in"), zoomOutTitle: t("Zoom out") }).addTo(this.map);
    this._switch = document.createElement("div");
    this._switch.className = "layer-switch";
    L.DomEvent.disableClickPropagation(this._switch);
    L.DomEvent.disableScrollPropagation(this._switch);
    element.append(this._switch);
    this._drawSwitch();
    const place = document.createElement("output");
    place.className = "coordinates";
    element.append(place);
    const text = ({ lat, lng }) => `${lng.toFixed(5)}, ${lat.toFixed(5)}`;
    this.map.on("mousemove", ({ latlng }) => (place.textContent = text(latlng)));
    this.map.on("contextmenu", async ({ latlng }) => {
      let done = t("Copied");
      try {
        await navigator.clipboard.writeText(text(latlng));
      } catch {
        done = t("Select and copy");
      }
      const box = document.createElement("div");
      render(html`<b class="copyable">${text(latlng)}</b><br /><span class="quiet">${done} · CGCS2000</span>`, box);
      L.popup({ closeButton: false }).setLatLng(latlng).setContent(box).openOn(this.map);
    });
  }

  _drawSwitch() {
    const { store } = this.hall;
    render(
      html`<details open @toggle=${() => this.callouts.arrange()}>
        <summary>${t("Layers")}</summary>
        ${LAYERS.filter(({ unlisted }) => !unlisted).map(
          (layer) => html`<label title=${say("Show or hide: %(layer)s", { layer: layer.title() })}>
            <input type="checkbox" .checked=${!this.hidden.has(layer.name)} @change=${() => this._toggle(layer.name)} />
            ${layer.pictogram ? pictogram(layer.pictogram) : html`<i class="no-pictogram">!</i>`}
            <span>${layer.title()}</span><span class="number">${store.layer(layer.name).size}</span>
          </label>`,
        )}
      </details>`,
      this._switch,
    );
  }

  _toggle(name) {
    this.hidden.has(name) ? this.hidden.delete(name) : this.hidden.add(name);
    localStorage.setItem(REMEMBERED, JSON.stringify([...this.hidden]));
    this._all();
  }
}

function remembered() {
  try {
    return JSON.parse(localStorage.getItem(REMEMBERED)) ?? [];
  } catch {
    return [];
  }
}
