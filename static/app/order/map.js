// Where it is: the ground, one mark, and nothing that takes the thumb's scrolling away.

import { colour } from "app/level";
import { ground } from "app/map/base";
import { L } from "app/map/leaflet";
import { t } from "app/words";

/** A small map on ``element``. @param {[number, number]} place longitude, latitude @param {object} page tiles, tianditu */
export function smallMap(element, place, page) {
  const at = [place[1], place[0]];
  const map = L.map(element, {
    zoomControl: false,
    attributionControl: Boolean(page.tianditu),
    dragging: !matchMedia("(pointer: coarse)").matches,
    scrollWheelZoom: false,
    minZoom: 9,
    maxZoom: 18,
    fadeAnimation: false,
  }).setView(at, 15);
  L.control.zoom({ position: "bottomright", zoomInTitle: t("Zoom in"), zoomOutTitle: t("Zoom out") }).addTo(map);
  L.control.scale({ imperial: false, position: "bottomleft" }).addTo(map);
  let layers = [];
  const lay = () => {
    layers.forEach((layer) => layer.remove());
    const mark = L.circleMarker(at, { radius: 9, weight: 4, color: colour("--level-1"), fillColor: colour("--page"), fillOpacity: 0.9, interactive: false });
    layers = [ground({ ...page, scale: 1 }).addTo(map), mark.addTo(map)];
  };
  lay();
  new MutationObserver(lay).observe(document.documentElement, { attributeFilter: ["data-theme"] });
  new ResizeObserver(() => map.invalidateSize({ animate: false })).observe(element);
}
