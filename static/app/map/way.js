// A vehicle's way on a map: corridor, areas with rules, track, and where its alarms were. Drawn anew when it is told anew.

import { colour, levelColour } from "app/level";
import { L } from "app/map/leaflet";

const AREAS = { no_go: "--level-1", residential: "--level-3", speed: "--level-2", site: "--accent" };

/** How an area of a kind, or a site, is drawn. */
export function areaLook(kind) {
  const ink = colour(AREAS[kind]);
  return { color: ink, weight: 2, fillColor: ink, fillOpacity: 0.1 };
}

/** Text as an element: Leaflet takes strings for HTML. */
export function words(text) {
  const box = document.createElement("span");
  box.textContent = text;
  return box;
}

/** @param {object} map Leaflet @param {object} told as /api/v1/stations/…/journey says it @returns {object} the group, to be removed */
export function drawWay(map, told) {
  const group = L.layerGroup();
  const shape = (geometry, look) => L.geoJSON(geometry, { style: () => look, interactive: false }).addTo(group);
  if (told.corridor) shape(told.corridor, { color: colour("--accent"), weight: 1.5, opacity: 0.9, dashArray: "6 4", fillColor: colour("--accent"), fillOpacity: 0.08 });
  for (const { kind, name, limit_kmh, shape: geometry } of told.areas) {
    const area = L.geoJSON(geometry, { style: () => areaLook(kind) }).addTo(group);
    area.bindTooltip(words(limit_kmh ? `${name} · ${limit_kmh} km/h` : name), { sticky: true });
  }
  const line = told.track.map(([, lon, lat]) => [lat, lon]);
  if (line.length > 1) L.polyline(line, { color: colour("--text"), weight: 3, opacity: 0.9, interactive: false }).addTo(group);
  if (line.length) L.circleMarker(line.at(-1), { radius: 6, weight: 3, color: colour("--text"), fillColor: colour("--page"), fillOpacity: 1, interactive: false }).addTo(group);
  for (const { place, level, text } of told.alarms) {
    if (!place) continue;
    const mark = L.circleMarker([place[1], place[0]], { radius: 8, weight: 3, color: levelColour(level), fillColor: colour("--page"), fillOpacity: 0.9 }).addTo(group);
    mark.bindTooltip(words(text));
  }
  return group.addTo(map);
}

/** What has to be in view: the track, else the corridor. */
export function boundsOf(told) {
  const bounds = L.latLngBounds(told.track.map(([, lon, lat]) => [lat, lon]));
  for (const { place } of told.alarms) if (place) bounds.extend([place[1], place[0]]);
  if (!bounds.isValid() && told.corridor) bounds.extend(L.geoJSON(told.corridor).getBounds());
  return bounds;
}
