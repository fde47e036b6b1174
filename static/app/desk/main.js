// The desk: list, map, record. Each keeps its place when the others change; nothing steals the focus.

import { html, render } from "lit-html";
import { boot, whenNews } from "app/main";
import { post } from "app/api";
import { AlarmList } from "app/desk/list";
import { CommandBar } from "app/desk/command";
import { Record } from "app/desk/record";
import { Sound } from "app/desk/sound";
import { showKeys, showWalls } from "app/desk/dialogs";
import { MapView } from "app/map/view";
import { demoMark, hallClock, liveState } from "app/status";
import { t, say } from "app/words";

const hall = boot();
const parts = Object.fromEntries(["status", "tools", "list", "record", "command", "map"].map((id) => [id, document.getElementById(id)]));
const view = new MapView(parts.map, hall, hall.page, { controls: true, callouts: 5 });
const list = new AlarmList(hall);
const sound = new Sound(hall.store);
const record = new Record(hall, () => drawRecord());

const drawList = () => render(list.draw(acknowledge), parts.list);
const drawRecord = () => render(record.draw(), parts.record);

function drawBar() {
  render(html`${liveState(hall)} ${hallClock(hall)} ${demoMark(hall)}`, parts.status);
  render(
    html`${sound.blocked && !sound.muted
        ? html`<button class="button warning" @click=${drawBar}>${t("Sound is blocked: click to allow it")}</button>`
        : ""}
      <button class="button plain" aria-pressed=${!sound.muted} @click=${() => sound.toggle()}>${sound.muted ? t("Sound off") : t("Sound on")}</button>
      <button class="button plain" @click=${theme}>${document.documentElement.dataset.theme === "light" ? t("Dark") : t("Light")}</button>
      ${hall.may.has("wall.approve") ? html`<button class="button plain" @click=${() => showWalls(hall)}>${t("Walls")}</button>` : ""}
      <span class="quiet user">${hall.page.user}</span>`,
    parts.tools,
  );
}

function theme() {
  const next = document.documentElement.dataset.theme === "light" ? "dark" : "light";
  localStorage.setItem("onemap.theme", next);
  document.documentElement.dataset.theme = next;
  drawBar();
}

async function acknowledge() {
  const chosen = list.chosen();
  if (!chosen.length || !hall.may.has("alarm.acknowledge")) return;
  try {
    const { alarms } = await post("/api/v1/alarms/acknowledge", { ids: chosen.map(({ id }) => id) });
    const outcomes = Object.values(alarms);
    const of = (outcome) => outcomes.filter((one) => one.outcome === outcome);
    const told = [];
    if (of("done").length) told.push(say("%(count)s acknowledged.", { count: of("done").length }));
    for (const { by } of of("already")) told.push(say("%(who)s was faster.", { who: by }));
    if (of("unknown").length) told.push(say("%(count)s no longer there.", { count: of("unknown").length }));
    commands.say(told.join(" "));
    list.marked.clear();
  } catch (refusal) {
    commands.say(refusal.message, true);
  }
  drawList();
}

const openStation = (station) => {
  record.open(station);
  view.show(station);
};
const showSelected = () => list.alarm && view.show(list.alarm.station);
const openPage = () => record.station && location.assign(`/stations/${record.station}/`);

const commands = new CommandBar(
  parts.command,
  hall,
  [
    { word: t("Acknowledge"), run: acknowledge },
    { word: t("Walls"), run: () => showWalls(hall) },
    { word: t("Dark or light"), run: theme },
    { word: t("Keys"), run: showKeys },
  ],
  openStation,
);

const KEYS = {
  j: () => list.move(1),
  k: () => list.move(-1),
  x: () => list.mark(list.selected),
  a: acknowledge,
  u: () => ((list.waiting = !list.waiting), drawList()),
  m: showSelected,
  o: openPage,
  w: () => hall.may.has("wall.approve") && showWalls(hall),
  t: theme,
  "?": showKeys,
  "/": () => commands.focus(),
};
addEventListener("keydown", (event) => {
  const typing = event.target.closest?.("input:not([type=checkbox]), select, textarea, dialog");
  if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
  const act = KEYS[event.key.length === 1 ? event.key.toLowerCase() : event.key];
  if (!act) return;
  event.preventDefault();
  act();
});

list.addEventListener("select", () => {
  if (list.alarm) record.open(list.alarm.station);
  drawList();
});
list.addEventListener("mark", drawList);
view.addEventListener("pick", ({ id }) => record.open(id));
sound.addEventListener("state", drawBar);
whenNews(hall, () => {
  drawBar();
  drawList();
  drawRecord();
});
hall.live.addEventListener("state", () => hall.live.state === "signed-out" && location.assign(`/sign-in/?next=${encodeURIComponent(location.pathname)}`));
