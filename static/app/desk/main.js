// The desk: lists, map, record. Each keeps its place when the others change; nothing steals the focus.

import { html, render } from "lit-html";
import { boot, whenNews } from "app/main";
import { get, post } from "app/api";
import { isUnacknowledged } from "app/alarm";
import { AlarmList } from "app/desk/list";
import { CommandBar } from "app/desk/command";
import { IncidentQueue, OrderQueue } from "app/desk/queues";
import { IncidentRecord } from "app/desk/incident";
import { LostNode } from "app/desk/lost";
import { modeStrip, showMode } from "app/desk/mode";
import { OrderRecord } from "app/desk/order";
import { dutyMark, isTestDue, showSoundTest } from "app/desk/people";
import { Record } from "app/desk/record";
import { Report } from "app/desk/report";
import { showShelve } from "app/desk/shelve";
import { Sound } from "app/desk/sound";
import { showKeys, showWalls } from "app/desk/dialogs";
import { isEmergency, modeOf } from "app/hallmode";
import { isNew } from "app/incident";
import { MapView } from "app/map/view";
import { warningStrip } from "app/panels/warnings";
import { called } from "app/person";
import { demoMark, hallClock, liveState } from "app/status";
import { colourAt } from "app/workorder";
import { t, say } from "app/words";

const hall = boot();
const parts = Object.fromEntries(["status", "tools", "list", "record", "command", "map", "warnings"].map((id) => [id, document.getElementById(id)]));
const view = new MapView(parts.map, hall, hall.page, { controls: true, callouts: 5 });
const sound = new Sound(hall);
const tell = (sentence, bad) => commands.say(sentence, bad);
const drawRecord = () => render(records[shown].draw(), parts.record);

// --- the record at the right: a station, an incident, an order, or the form for a new incident ----------------
const records = {
  station: new Record(hall, drawRecord, tell, (id) => openIncident(id)),
  lost: new LostNode(hall, drawRecord, (station) => openStation(station)),
  incident: new IncidentRecord(hall, drawRecord, tell, (id) => openOrder(id)),
  order: new OrderRecord(hall, drawRecord, tell, (id) => openIncident(id)),
  report: new Report(hall, view, drawRecord, tell, (id) => openIncident(id)),
};
let shown = "station";

function show(name, id) {
  if (shown === "report" && name !== "report") view.pickPlace(null);
  if (shown !== name || records[name].id !== id) parts.record.scrollTop = 0;
  shown = name;
  records[name].open(id);
  drawRecord();
}
const openStation = (station) => {
  show("station", station);
  view.show(station);
};
const openIncident = (id) => {
  lists.incidents.selected = id;
  show("incident", id);
};
const openOrder = (id) => {
  lists.orders.selected = id;
  show("order", id);
};
const report = () => hall.may.has("incident.report") && show("report");

// --- the lists at the left ------------------------------------------------------------------------------------
const lists = { alarms: new AlarmList(hall), incidents: new IncidentQueue(hall, report), orders: new OrderQueue(hall) };
const TABS = {
  alarms: [() => t("Alarms"), () => hall.store.all("alarms").filter(isUnacknowledged).length, () => true],
  incidents: [() => t("Incidents"), () => hall.store.all("incidents").filter(isNew).length, () => hall.may.has("incident.view")],
  orders: [() => t("Work orders"), () => hall.store.all("orders").filter((order) => colourAt(order, hall.clock.now() ?? 0) === "red").length, () => hall.may.has("order.view")],
};
let tab = "alarms";

function turn(name) {
  if (!TABS[name][2]()) return;
  tab = name;
  drawList();
}

function drawList() {
  render(
    html`<nav class="tabs" role="tablist">
        ${Object.entries(TABS)
          .filter(([, [, , allowed]]) => allowed())
          .map(
            ([name, [word, waiting]], i) => html`<button role="tab" aria-selected=${tab === name} @click=${() => turn(name)}><kbd>${i + 1}</kbd> ${word()} ${waiting() ? html`<b class="waiting">${waiting()}</b>` : ""}</button>`,
          )}
      </nav>
      <div class="queue" data-list=${tab}>${lists[tab].draw(acknowledge, shelve)}</div>`,
    parts.list,
  );
}

function drawBar() {
  const emergency = isEmergency(hall);
  render(html`${liveState(hall)} ${hallClock(hall)} ${demoMark(hall)} ${modeStrip(hall)}`, parts.status);
  document.querySelector(".desk").classList.toggle("emergency", emergency);
  render(
    html`${sound.blocked && !sound.muted
        ? html`<button class="button alert" @click=${drawBar}>${t("Sound is blocked: click to allow it")}</button>`
        : ""}
      ${sound.voice.missing ? html`<span class="quiet voiceless" title=${t("This browser has no voice for this language: only tones sound.")}>${t("Tones only")}</span>` : ""}
      ${dutyMark(hall)}
      ${hall.may.has("hall.mode") ? html`<button class="button ${emergency ? "warning" : "plain"}" @click=${mode}>${emergency ? t("End emergency mode") : t("Emergency mode")}</button>` : ""}
      ${isTestDue(hall) ? html`<button class="button warning" @click=${soundTest}>${t("Sound test")}</button>` : ""}
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

const soundTest = () => showSoundTest(hall, sound, tell);

const mode = () => hall.may.has("hall.mode") && showMode(hall, shown === "incident" ? records.incident.id : (modeOf(hall)?.incident ?? null), tell);

async function acknowledge() {
  const chosen = lists.alarms.chosen();
  if (tab !== "alarms" || !chosen.length || !hall.may.has("alarm.acknowledge")) return;
  try {
    const { alarms } = await post("/api/v1/alarms/acknowledge", { ids: chosen.map(({ id }) => id) });
    const outcomes = Object.values(alarms);
    const of = (outcome) => outcomes.filter((one) => one.outcome === outcome);
    const told = [];
    if (of("done").length) told.push(say("%(count)s acknowledged.", { count: of("done").length }));
    for (const { by } of of("already")) told.push(say("%(who)s was faster.", { who: called(by) }));
    if (of("unknown").length) told.push(say("%(count)s no longer there.", { count: of("unknown").length }));
    tell(told.join(" "));
    lists.alarms.marked.clear();
  } catch (refusal) {
    tell(refusal.message, true);
  }
  drawList();
}

function shelve() {
  const picked = lists.alarms.picked();
  if (tab !== "alarms" || !picked.length || !hall.may.has("alarm.shelve")) return;
  showShelve(hall, picked, tell, () => {
    lists.alarms.marked.clear();
    drawList();
  });
}

/** An act of the incident's panel, where an incident is shown. */
const inIncident = (act) => () => (shown === "incident" ? act(records.incident) : tell(t("Open an incident first: key 2, then J."), true));

function showOnMap() {
  if (tab === "alarms") lists.alarms.alarm && view.show(lists.alarms.alarm.station);
  else view.show(lists[tab].selected, tab);
}

function openPage() {
  if (shown === "order" && records.order.id) location.assign(`/orders/${records.order.id}/`);
  else if (records.station.station) location.assign(`/stations/${records.station.station}/`);
}

/** The incident that the selected alarm belongs to, whatever its state. */
async function incidentOfAlarm() {
  const { alarm } = lists.alarms;
  if (!alarm) return tell(t("Choose an alarm first: key 1, then J."), true);
  try {
    const [found] = (await get(`/api/v1/incidents?alarm=${alarm.id}`)).incidents;
    if (!found) return tell(t("This alarm belongs to no incident."), true);
    turn("incidents");
    openIncident(found.id);
    drawList();
  } catch (refusal) {
    tell(refusal.message, true);
  }
}

const commands = new CommandBar(
  parts.command,
  hall,
  [
    { word: t("Acknowledge"), also: ["确认", "acknowledge"], run: acknowledge },
    { word: t("Shelve"), also: ["搁置", "shelve"], run: shelve },
    { word: t("Set aside and maintenance"), also: ["检修", "停用", "maintenance"], run: () => location.assign("/maintenance/") },
    ...(hall.may.has("handover.sign") ? [{ word: t("Shift handover"), also: ["交接班", "handover"], run: () => location.assign("/duty/handover/") }] : []),
    ...(hall.may.has("handover.sign") ? [{ word: t("Sound test"), also: ["声音测试", "sound"], run: soundTest }] : []),
    ...(hall.may.has("duty.view")
      ? [
          { word: t("Duty roster"), also: ["排班", "值班表", "roster"], run: () => location.assign("/duty/roster/") },
          { word: t("Messages out of the house"), also: ["短信", "电话", "messages"], run: () => location.assign("/duty/messages/") },
        ]
      : []),
    ...(hall.may.has("camera.view") ? [{ word: t("Video wall"), also: ["视频墙", "视频", "video"], run: () => location.assign("/video/") }] : []),
    ...(hall.may.has("camera.arrange") ? [{ word: t("Camera groups"), also: ["视频分组", "分组", "cameras"], run: () => location.assign("/camera-groups/") }] : []),
    ...(hall.may.has("alarm.health") ? [{ word: t("Alarm health"), also: ["报警健康", "体检", "health"], run: () => location.assign("/alarm-health/") }] : []),
    ...(hall.may.has("rule.edit") || hall.may.has("rule.approve") ? [{ word: t("Alarm rules"), also: ["规则", "阈值", "rules"], run: () => location.assign("/rules/") }] : []),
    { word: t("Confirm the incident"), also: ["确认", "confirm"], run: inIncident((one) => one.confirm()) },
    { word: t("Send the first unit of the list"), also: ["派", "assign", "send"], run: inIncident((one) => one.assignFirst()) },
    { word: t("Issue a work order"), also: ["工单", "督办", "order"], run: inIncident((one) => one.order()) },
    { word: t("I am on it, or give it back"), also: ["接手", "hold"], run: inIncident((one) => one.hold()) },
    { word: t("Dismiss the incident"), also: ["排除", "dismiss"], run: inIncident((one) => one.dismiss()) },
    { word: t("Add a note"), also: ["备注", "note"], run: inIncident((one) => one.note()) },
    { word: t("Report an incident"), also: ["上报", "接报", "report"], run: report },
    { word: t("Alarms"), also: ["报警"], run: () => turn("alarms") },
    { word: t("Incidents"), also: ["事件"], run: () => turn("incidents") },
    { word: t("Work orders"), also: ["工单"], run: () => turn("orders") },
    ...(hall.may.has("hall.mode") ? [{ word: t("Emergency mode, or back: shift leader"), also: ["战时", "emergency"], run: mode }] : []),
    { word: t("Premises"), also: ["场所", "消防", "premises"], run: () => location.assign("/premises/") },
    { word: t("Fire parts in trouble"), also: ["故障", "屏蔽", "parts"], run: () => location.assign("/premises/parts/") },
    { word: t("Public warnings"), also: ["预警", "warnings"], run: () => location.assign("/warnings/") },
    { word: t("Walls"), run: () => showWalls(hall) },
    { word: t("Dark or light"), run: theme },
    { word: t("Keys"), run: showKeys },
  ],
  openStation,
  (layer, id) => {
    turn(layer);
    (layer === "orders" ? openOrder : openIncident)(id);
    view.show(id, layer);
  },
);

const KEYS = {
  1: () => turn("alarms"),
  2: () => turn("incidents"),
  3: () => turn("orders"),
  j: () => lists[tab].move(1),
  k: () => lists[tab].move(-1),
  v: () => lists[tab].turn?.(),
  x: () => tab === "alarms" && lists.alarms.mark(lists.alarms.selected),
  a: acknowledge,
  s: shelve,
  u: () => ((lists.alarms.waiting = !lists.alarms.waiting), drawList()),
  i: incidentOfAlarm,
  c: inIncident((one) => one.confirm()),
  h: inIncident((one) => one.hold()),
  p: inIncident((one) => one.assignFirst()),
  d: inIncident((one) => one.order()),
  n: inIncident((one) => one.note()),
  r: report,
  m: showOnMap,
  o: openPage,
  e: mode,
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
  if (commands.bad) tell(""); // what stood against the key before
  act();
});
addEventListener("keydown", (event) => event.key === "Escape" && event.target.closest?.("#record form") && event.target.blur());

lists.alarms.addEventListener("select", () => {
  const { alarm } = lists.alarms;
  if (alarm) alarm.node ? show("lost", alarm.id) : show("station", alarm.station);
  drawList();
});
lists.alarms.addEventListener("incident", ({ detail }) => (openIncident(detail), drawList()));
lists.incidents.addEventListener("select", () => (openIncident(lists.incidents.selected), drawList()));
lists.orders.addEventListener("select", () => (openOrder(lists.orders.selected), drawList()));
for (const list of Object.values(lists)) list.addEventListener("mark", drawList);
view.addEventListener("pick", ({ layer, id }) => {
  if (layer === "incidents") openIncident(id);
  else if (layer === "orders") openOrder(id);
  else if (hall.store.station(id)) show("station", id);
  drawList();
});
sound.addEventListener("state", drawBar);
whenNews(hall, () => {
  drawBar();
  render(warningStrip(hall, 3, true), parts.warnings);
  drawList();
  drawRecord();
});
hall.live.addEventListener("state", () => hall.live.state === "signed-out" && location.assign(`/sign-in/?next=${encodeURIComponent(location.pathname)}`));
