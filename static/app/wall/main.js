// The wall: zones from the layout, panels from the store, the one map in the middle. Needs no click, ever.

import { html, render } from "lit-html";
import { boot, whenNews } from "app/main";
import { LAYOUTS, layoutFor } from "app/wall/layouts";
import { latestLine } from "app/wall/latest";
import { Scene } from "app/wall/scene";
import { watch } from "app/wall/watchdog";
import { alarmsPanel } from "app/panels/alarms";
import { CameraPanel } from "app/panels/cameras";
import { emergencyStrip, nearestPanel, ordersPanel, scenePanel, tasksPanel, timelinePanel } from "app/panels/emergency";
import { pondingPanel } from "app/panels/ponding";
import { pumpsPanel } from "app/panels/pumps";
import { rainPanel } from "app/panels/rain";
import { responsePanel } from "app/panels/response";
import { riversPanel } from "app/panels/rivers";
import { warningStrip } from "app/panels/warnings";
import { span } from "app/clock";
import { isEmergency, modeOf } from "app/hallmode";
import { demoMark, hallClock, liveState } from "app/status";
import { pictogram } from "app/map/marks";
import { LAYERS } from "app/layers/index";
import { badge } from "app/level";
import { MapView } from "app/map/view";
import { byUrgency, isOpen } from "app/alarm";
import { t, count } from "app/words";

const hall = boot();
const root = document.getElementById("wall");
const name = layoutFor(hall.page.layout, innerWidth, innerHeight);
const layout = LAYOUTS[name];
const cameras = new CameraPanel(layout.places);
const scene = new Scene(hall);
const PANELS = {
  rain: () => rainPanel(hall),
  rivers: () => riversPanel(hall),
  ponding: () => pondingPanel(hall),
  pumps: () => pumpsPanel(hall),
  alarms: () => alarmsPanel(hall, layout.alarms),
  cameras: () => cameras.draw(hall, scene.at),
  response: () => responsePanel(hall, layout.cards),
  scene: () => scenePanel(hall, scene),
  timeline: () => timelinePanel(hall, scene),
  nearest: () => nearestPanel(hall, scene),
  tasks: () => tasksPanel(hall, scene),
  orders: () => ordersPanel(hall, scene, layout.cards.orders),
};

const legend = () => html`<ul class="legend">
  ${LAYERS.filter(({ pictogram: path }) => path).map((layer) => html`<li>${pictogram(layer.pictogram)} ${layer.title()}</li>`)}
  ${[1, 2, 3, 4].map((level) => html`<li>${badge(level)}</li>`)}
  <li class="level-stale"><span class="level"><i class="hatch-chip hatched"></i>${t("No data")}</span></li>
</ul>`;

const worst = () => {
  const open = hall.store.all("alarms").filter(isOpen).sort(byUrgency);
  if (!open.length) return hall.store.ready ? html`<span class="all-clear">${t("No open alarms.")}</span>` : "";
  const n = open.filter(({ level }) => level === open[0].level).length;
  return html`<span class="worst">${badge(open[0].level, { chip: true })} ${count("%(count)s alarm", "%(count)s alarms", n)}</span>`;
};

const zone = (panels, i) =>
  panels[0] === "map"
    ? html`<div class="zone" id="zone-${i}"><section class="middle"><div id="map" class="map"></div><div id="warnings"></div><div id="legend"></div></section><div class="below" id="below"></div></div>`
    : html`<div class="zone" id="zone-${i}"></div>`;

/** Nothing is known yet: no panel says "none" before it was told so. */
const waiting = () => html`<section class="panel"><p class="quiet">${t("Loading")}</p></section>`;

/** Fill the columns by the layout of the mode; the map stays where it is. */
function fill({ zones, rows }) {
  zones.forEach((panels, i) => {
    const column = document.getElementById(`zone-${i}`);
    const shares = panels.map((panel) => `minmax(0,${rows[panel]}fr)`).join(" ");
    if (column.style.gridTemplateRows !== shares) column.style.gridTemplateRows = shares;
    const map = panels[0] === "map";
    render((map ? panels.slice(1) : panels).map((panel) => (hall.store.ready ? PANELS[panel]() : waiting())), map ? document.getElementById("below") : column);
  });
}

root.dataset.layout = name;
root.style.gridTemplateColumns = layout.columns.map((share) => `minmax(0,${share * 100}fr)`).join(" ");
render(
  html`<header class="top" id="top"></header>
    ${layout.zones.map(zone)}
    <footer class="latest" id="latest"></footer>`,
  root,
);

const view = new MapView(document.getElementById("map"), hall, hall.page, { controls: false, callouts: layout.callouts });
const parts = { top: document.getElementById("top"), latest: document.getElementById("latest"), warnings: document.getElementById("warnings") };
render(legend(), document.getElementById("legend"));

whenNews(hall, () => {
  const mode = isEmergency(hall) ? modeOf(hall) : null;
  scene.follow(mode?.incident ?? null);
  view.lock(scene.at);
  root.classList.toggle("emergency", Boolean(mode));
  render(
    html`<h1>${hall.page.title}</h1>
      <p class="condition">${mode ? emergencyStrip(hall, mode, scene, span) : worst()} ${liveState(hall)} ${demoMark(hall)}</p>
      ${hallClock(hall)}`,
    parts.top,
  );
  fill(mode ? layout.emergency : layout);
  render(warningStrip(hall, layout.warnings), parts.warnings);
  render(hall.store.ready ? latestLine(hall, layout.latest) : "", parts.latest);
  root.dataset.state = hall.live.state;
});

addEventListener("resize", () => {
  if (layoutFor(hall.page.layout, innerWidth, innerHeight) !== name) location.reload();
});
hall.live.addEventListener("state", () => hall.live.state === "signed-out" && setTimeout(() => location.reload(), 3000));
watch(hall);
export { hall, view };
