// Rings round a scene: 500 m, 1, 3 and 5 km, each with its distance written on it.

import { colour } from "app/level";
import { L } from "app/map/leaflet";

const RINGS_M = [500, 1000, 3000, 5000];
export const SCENE_M = 5400; // half of what the locked map shows at least
const word = (m) => (m < 1000 ? `${m} m` : `${m / 1000} km`);

/** @param {{lat: number, lon: number}} scene @param {number} scale root size in units of 16 px */
export function rings(scene, scale) {
  const at = [scene.lat, scene.lon];
  const group = L.layerGroup();
  for (const m of RINGS_M) {
    const look = { radius: m, color: colour("--level-1"), weight: 1.5 * scale, dashArray: m === 500 ? null : `${6 * scale} ${6 * scale}`, fill: false, interactive: false };
    group.addLayer(L.circle(at, look));
    const top = L.latLng(at).toBounds(2 * m).getNorth();
    group.addLayer(L.marker([top, scene.lon], { interactive: false, keyboard: false, icon: L.divIcon({ className: "ring-word", html: "", iconSize: null }) }).on("add", ({ target }) => (target.getElement().textContent = word(m))));
  }
  return group;
}
