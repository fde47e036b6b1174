// Small maps of a page: where an order is, and where a new one shall be. The ground, one mark, and nothing else.

import { colour } from "app/level";
import { ground } from "app/map/base";
import { L } from "app/map/leaflet";
import { t } from "app/words";

/** A map on ``element`` that follows the page's theme. @returns {[object, (at: [number, number]) => void]} it, and the mark's place */
function small(element, page, options) {
  const map = L.map(element, { zoomControl: false, attributionControl: Boolean(page.tianditu), scrollWheelZoom: false, minZoom: 9, maxZoom: 18, fadeAnimation: false, ...options });
  L.control.zoom({ position: "bottomright", zoomInTitle: t("Zoom in"), zoomOutTitle: t("Zoom out") }).addTo(map);
  L.control.scale({ imperial: false, position: "bottomleft" }).addTo(map);
  let layers = [];
  let at = null;
  const lay = () => {
    layers.forEach((layer) => layer.remove());
    layers = [ground({ ...page, scale: 1 }).addTo(map)];
    if (at) layers.push(L.circleMarker(at, { radius: 9, weight: 4, color: colour("--level-1"), fillColor: colour("--page"), fillOpacity: 0.9, interactive: false }).addTo(map));
  };
  const mark = (where) => {
    at = where;
    lay();
  };
  new MutationObserver(lay).observe(document.documentElement, { attributeFilter: ["data-theme"] });
  new ResizeObserver(() => map.invalidateSize({ animate: false })).observe(element);
  return [map, mark];
}

/** Where it is; on a phone nothing takes the thumb's scrolling away. @param {[number, number]} place longitude, latitude @param {object} page tiles, tianditu */
export function smallMap(element, place, page) {
  const at = [place[1], place[0]];
  const [map, mark] = small(element, page, { dragging: !matchMedia("(pointer: coarse)").matches });
  map.setView(at, 15);
  mark(at);
}

/** The whole district, to click a place on. @param {(place: [number, number]) => void} take longitude, latitude */
export function pickMap(element, page, take) {
  const [west, south, east, north] = page.bounds;
  const [map, mark] = small(element, page, {});
  map.fitBounds([[south, west], [north, east]]);
  mark(null);
  map.on("click", ({ latlng }) => {
    mark([latlng.lat, latlng.lng]);
    take([latlng.lng, latlng.lat]);
  });
}
