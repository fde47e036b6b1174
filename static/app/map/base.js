// The ground: the district's own vector tiles in quiet colours, or Tianditu where the hall has a key.

import { L, protomaps } from "app/map/leaflet";
import { colour } from "app/level";
import { LANGUAGE } from "app/words";

const of = (...kinds) => (zoom, feature) => kinds.includes(feature.props.kind);
const town = (zoom, feature) => !["district", "community", "village"].includes(feature.props.kind);

function paintRules(scale) {
  const line = (token, width, more = {}) =>
    new protomaps.LineSymbolizer({ color: colour(token), width: width * scale, lineCap: "round", lineJoin: "round", ...more });
  const fill = (token, more = {}) => new protomaps.PolygonSymbolizer({ fill: colour(token), ...more });
  const wider = (at12, at16) => (zoom) => (at12 + ((at16 - at12) * Math.max(0, Math.min(4, zoom - 12))) / 4) * scale;
  const road = (token, a, b) =>
    new protomaps.LineSymbolizer({ color: colour(token), width: wider(a, b), lineCap: "round", lineJoin: "round" });
  return [
    { dataLayer: "areas", symbolizer: fill("--map-district"), filter: of("district") },
    { dataLayer: "ground", symbolizer: fill("--map-built"), filter: of("built") },
    { dataLayer: "ground", symbolizer: fill("--map-green"), filter: of("green") },
    { dataLayer: "ground", symbolizer: fill("--map-water"), filter: of("water") },
    { dataLayer: "ground", symbolizer: road("--map-street", 0.8, 3), filter: of("street") },
    { dataLayer: "ground", symbolizer: road("--map-road", 1.6, 6), filter: of("road") },
    { dataLayer: "ground", symbolizer: line("--map-line", 1, { dash: [6, 4] }), filter: of("rail") },
    { dataLayer: "ground", symbolizer: road("--map-water", 3, 9), filter: of("river") },
    { dataLayer: "areas", symbolizer: line("--map-line", 0.6, { dash: [2, 4] }), filter: of("community", "village") },
    { dataLayer: "areas", symbolizer: line("--map-line", 0.9, { dash: [5, 4] }), filter: town },
    { dataLayer: "areas", symbolizer: line("--map-line", 2), filter: of("district") },
  ];
}

function labelRules(scale) {
  const family = getComputedStyle(document.documentElement).getPropertyValue("--words");
  const text = (token, px, weight = 400) =>
    new protomaps.CenteredTextSymbolizer({
      labelProps: LANGUAGE === "en" ? ["name_en", "name"] : ["name"],
      fontFamily: family,
      fontSize: px * scale,
      fontWeight: weight,
      fill: colour(token),
      stroke: colour("--map-ground"),
      width: 2.5 * scale,
    });
  const water = of("river", "water");
  const area = of("town", "business_park", "oilfield");
  const named = (zoom, feature) => !water(zoom, feature) && !area(zoom, feature);
  return [
    { dataLayer: "labels", symbolizer: text("--map-label", 14, 600), filter: area },
    { dataLayer: "labels", symbolizer: text("--map-label-water", 12), filter: water },
    { dataLayer: "labels", symbolizer: text("--map-label", 11.5), filter: named },
  ];
}

const tianditu = ({ host, key, attribution }, kind) =>
  L.tileLayer(
    `${host}/${kind}_w/wmts?SERVICE=WMTS&REQUEST=GetTile&VERSION=1.0.0&LAYER=${kind}&STYLE=default` +
      `&TILEMATRIXSET=w&FORMAT=tiles&TILEMATRIX={z}&TILEROW={y}&TILECOL={x}&tk=${key}`,
    { subdomains: "01234567", maxZoom: 18, attribution },
  );

/** The base layers for the present theme. @param {{tiles: string, tianditu: object | null, scale: number}} options */
export function ground({ tiles, tianditu: wmts, scale }) {
  if (wmts) return L.layerGroup([tianditu(wmts, "vec"), tianditu(wmts, "cva")]);
  return protomaps.leafletLayer({
    url: tiles,
    paintRules: paintRules(scale),
    labelRules: labelRules(scale),
    backgroundColor: colour("--map-ground"),
    maxDataZoom: 15,
    noWrap: true,
  });
}
