// Sites, areas with rules and routes on a map, and drawing one: what is drawn stands in the form as GeoJSON, and the other way round.

import { html, render } from "lit-html";
import { colour } from "app/level";
import { ground } from "app/map/base";
import { L } from "app/map/leaflet";
import { areaLook, words } from "app/map/way";
import { LANGUAGE, t } from "app/words";

const CORNERS = 48; // of a circle, which is kept as a polygon
const RADIUS_M = 200;

const page = JSON.parse(document.getElementById("page").textContent);
const EDGE = { allowSelfIntersection: page.drawing === "LineString", snappable: false }; // a route may cross itself
const map = L.map("way", { zoomControl: false, attributionControl: Boolean(page.tianditu), minZoom: 9, maxZoom: 19, fadeAnimation: false });
L.control.zoom({ position: "bottomright", zoomInTitle: t("Zoom in"), zoomOutTitle: t("Zoom out") }).addTo(map);
L.control.scale({ imperial: false, position: "bottomleft" }).addTo(map);
const [west, south, east, north] = page.bounds;
map.fitBounds([[south, west], [north, east]]); // prettier-ignore
ground({ ...page, scale: 1 }).addTo(map);

const others = L.featureGroup().addTo(map);
for (const { kind, name, limit_kmh, shape, address } of page.places) {
  const area = L.geoJSON(shape, { style: () => areaLook(kind), pmIgnore: true }).addTo(others);
  area.bindTooltip(words(limit_kmh ? `${name} · ${limit_kmh} km/h` : name), { sticky: true });
  if (address && !page.drawing) area.on("click", () => location.assign(address));
}
if (!page.drawing && others.getBounds().isValid()) map.fitBounds(others.getBounds(), { padding: [24, 24], maxZoom: 14 });

/** The one shape that is being drawn. */
class Drawing {
  constructor(form) {
    this.form = form;
    this.field = form.elements.namedItem("shape");
    this.width = form.elements.namedItem("corridor_m");
    this.radius = RADIUS_M;
    this.shape = null;
    map.pm.setLang(LANGUAGE === "en" ? "en" : "zh");
    map.on("pm:create", ({ layer }) => this.keep(layer));
    map.on("zoomend", () => this.widen());
    this.field.addEventListener("change", () => this.read());
    this.width?.addEventListener("input", () => this.widen());
    this.read({ frame: true });
    this.tools();
  }

  /** What stands in the form, drawn. A text that is no GeoJSON is the server's to judge. */
  read({ frame = false } = {}) {
    let found = null;
    try {
      [found] = L.geoJSON(JSON.parse(this.field.value), { style: () => this.look() }).getLayers();
    } catch {
      // drawn again, or saved as it is
    }
    this.take(found ?? null);
    if (frame && found) map.fitBounds(found.getBounds(), { padding: [48, 48], maxZoom: 17 });
  }

  look() {
    return page.drawing === "LineString"
      ? { color: colour("--accent"), weight: 4, opacity: 0.9 }
      : { color: colour("--accent"), weight: 3, fillColor: colour("--accent"), fillOpacity: 0.15 };
  }

  take(layer) {
    this.shape?.remove();
    this.shape = layer;
    if (layer) {
      layer.addTo(map);
      layer.pm.enable(EDGE);
      layer.on("pm:edit pm:dragend", () => this.write());
    }
    this.widen();
  }

  keep(layer) {
    layer.setStyle(this.look());
    this.take(layer);
    this.write();
  }

  write() {
    this.field.value = JSON.stringify(this.shape.toGeoJSON(7).geometry);
    this.widen();
  }

  /** The corridor beside a route, as wide as it is on the ground at this zoom. */
  widen() {
    this.corridor?.remove();
    this.corridor = null;
    const metres = parseFloat(this.width?.value);
    if (page.drawing !== "LineString" || !this.shape || !(metres > 0)) return;
    const { lat } = this.shape.getCenter();
    const metresAPixel = (40075016.7 * Math.cos((lat * Math.PI) / 180)) / 2 ** (map.getZoom() + 8);
    const look = { color: colour("--accent"), weight: metres / metresAPixel, opacity: 0.2, lineCap: "butt", interactive: false, pmIgnore: true };
    this.corridor = L.polyline(this.shape.getLatLngs(), look).addTo(map).bringToBack();
  }

  free() {
    map.pm.disableDraw();
    map.pm.enableDraw(page.drawing === "LineString" ? "Line" : "Polygon", { ...EDGE, templineStyle: this.look(), hintlineStyle: this.look(), pathOptions: this.look() });
  }

  /** The next click is the middle of a circle. */
  circle() {
    map.pm.disableDraw();
    map.getContainer().classList.add("placing");
    map.off("click", this._middle, this);
    map.once("click", this._middle, this);
  }

  _middle({ latlng }) {
    map.getContainer().classList.remove("placing");
    const ring = L.circle(latlng, { radius: this.radius }).addTo(map);
    const round = L.PM.Utils.circleToPolygon(ring, CORNERS);
    ring.remove();
    this.keep(L.polygon(round.getLatLngs(), this.look()));
  }

  clear() {
    map.pm.disableDraw();
    this.take(null);
    this.field.value = "";
  }

  tools() {
    const radius = (event) => (this.radius = Math.max(10, Math.min(20000, event.target.valueAsNumber || RADIUS_M)));
    const line = page.drawing === "LineString";
    render(
      html`<button type="button" class="button" data-tool="free" @click=${() => this.free()}>${line ? t("Draw the route") : t("Draw corner by corner")}</button>
        ${line
          ? html`<button type="button" class="button" data-tool="clear" @click=${() => this.clear()}>${t("No route")}</button>`
          : html`<label>${t("Radius (m)")} <input type="number" min="10" max="20000" step="10" .value=${this.radius} @input=${radius} /></label>
              <button type="button" class="button" data-tool="circle" @click=${() => this.circle()}>${t("Circle: click its middle")}</button>`}
        <span class="quiet">${t("Drag a corner to move it, a middle to add one; right-click a corner to remove it.")}</span>`,
      document.getElementById("tools"),
    );
  }
}

if (page.drawing) new Drawing(document.getElementById("place"));
