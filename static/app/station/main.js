// The station page: the last 24 hours, the last picture, alarms with their history, and frames as they came.

import { html, render } from "lit-html";
import { boot, whenNews } from "app/main";
import { get } from "app/api";
import { alarmClass, alarmRow } from "app/alarm";
import { badge } from "app/level";
import { layerOf } from "app/layers/index";
import { pictogram } from "app/map/marks";
import { cameraCard } from "app/station/camera";
import { mount } from "app/station/charts";
import { driverCard } from "app/station/driver";
import { gasCard } from "app/station/gas";
import { guardCard } from "app/station/guard";
import { reference } from "app/station/reference";
import { doubts } from "app/station/series";
import { terminalCard } from "app/station/terminal";
import { isStale, newestAt } from "app/stations";
import { Stills, stillImage, takenAt } from "app/still";
import { Strips } from "app/strip";
import { demoMark, hallClock, liveState } from "app/status";
import { day, minute, second, ms } from "app/clock";
import { called } from "app/person";
import { LANGUAGE, t, say, nameOf } from "app/words";

const AGAIN_MS = 10000;
const SPANS = [
  [6, () => say("%(n)s hours", { n: 6 })],
  [24, () => say("%(n)s hours", { n: 24 })],
  [72, () => say("%(n)s days", { n: 3 })],
  [24 * 30, () => say("%(n)s days", { n: 30 })],
  [24 * 365, () => t("1 year")],
];

const hall = boot();
const id = hall.page.station;
const layer = layerOf(hall.page.layer);
const told = { hours: 24, series: null, alarms: null, frames: null, problem: "" };
const stills = new Stills(() => draw());
const around = new Strips(() => draw());
const unfolded = new Set(); // alarms whose pictures are looked at
const root = document.getElementById("station");

render(
  html`<section id="facts" class="card facts"></section>
    <section class="card wide"><header id="chart-head"></header><div id="chart"></div></section>
    <section id="told" class="card" hidden></section>
    <section id="terminal" class="card" hidden></section>
    <section id="alarms" class="card"></section>
    <section id="frames" class="card wide"></section>`,
  root,
);
const part = (name) => document.getElementById(name);
let chart = null;
const card = { cameras: hall.may.has("camera.view") ? cameraCard : undefined, vehicles: driverCard, fire: guardCard, gas: gasCard }[layer.name]?.(hall, id, part("told"));
part("told").hidden = !card;
const terminal = layer.name === "cameras" ? undefined : terminalCard(hall, id, part("terminal"));

/** The API tells times as ISO text; the row wants milliseconds, as the wire has them. */
function asOnTheWire(alarm) {
  const times = ["raised_at", "level_since", "cleared_at", "acknowledged_at"];
  return { ...alarm, name: "", ...Object.fromEntries(times.map((name) => [name, ms(alarm[name])])) };
}

async function load() {
  try {
    told.series = await get(`/api/v1/stations/${id}/series?hours=${told.hours}`);
    told.alarms = (await get(`/api/v1/stations/${id}/alarms`)).map(asOnTheWire);
    if (hall.may.has("frame.view")) told.frames = await get(`/api/v1/stations/${id}/frames`);
    await card?.();
    await terminal?.();
    told.problem = "";
    if (told.series.series.some(({ points }) => points.length)) {
      chart ??= mount(part("chart"));
      chart.set(told.series);
    }
  } catch (refusal) {
    told.problem = refusal.message;
  }
  draw();
}

function download(name, address) {
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
}

const file = (as) => `/api/v1/stations/${id}/export?as=${as}&hours=${told.hours}`;

function factsCard(feature) {
  const stale = isStale(hall, feature);
  const at = newestAt(hall.store.values.get(id));
  const cameras = (feature.kind === "camera" ? [feature] : hall.store.all("cameras").filter(({ facts }) => facts.watches?.includes(feature.code))).slice(0, 2);
  return html`<h2>${pictogram(layer.pictogram)} ${nameOf(feature)} ${badge(feature.level)}</h2>
    <p class=${stale ? "stale" : "quiet"}>${feature.code} · ${at === null ? t("No data") : stale ? say("No data since %(since)s", { since: minute(at) }) : say("Data of %(time)s", { time: minute(at) })}</p>
    ${hall.may.has("camera.view")
      ? cameras.map((camera) => {
          const still = stills.of(camera.id);
          return html`<figure class="picture">${stillImage(still, nameOf(camera))}<figcaption class="quiet">${nameOf(camera)} · ${takenAt(still)}</figcaption></figure>`;
        })
      : ""}
    <dl class="values ${stale ? "stale" : ""}">${layer.popup(feature, hall).map(([word, value]) => html`<div><dt>${word}</dt><dd>${value}</dd></div>`)}</dl>
    ${reference(hall, feature, draw)}`;
}

const LINES = {
  raised: () => t("Raised"),
  level: () => t("Level changed"),
  cleared: () => t("Cleared"),
  acknowledged: () => t("Acknowledged"),
  rang: () => t("Confirmed by a fresh reading"),
  rewritten: () => t("Corrected by late data"),
  retracted: () => t("Retracted"),
  told: () => t("Told to the driver"),
  confirmed: () => t("Confirmed by the vehicle's terminal"),
  unconfirmed: () => t("Not confirmed by the vehicle's terminal"),
  shelved: () => t("Shelved"),
  unshelved: () => t("No longer shelved"),
  out_of_service: () => t("Out of service"),
  in_service: () => t("Back in service"),
  maintenance: () => t("Maintenance"),
  maintenance_over: () => t("Maintenance over"),
  suppressed: () => t("Suppressed by design"),
  unsuppressed: () => t("No longer suppressed"),
};

const alarmsCard = (now) => html`<h2>${t("Alarms")}</h2>
  <ol>
    ${(told.alarms ?? []).map(
      (alarm) => html`<li class=${alarmClass(alarm)}>${alarmRow(alarm, now)}
        ${layer.name === "vehicles" ? html`<a href="/alarms/${alarm.id}/way/">${t("Track and pictures")}</a>` : ""}
        ${hall.may.has("camera.view") && layer.name !== "cameras" ? html`<details ?open=${unfolded.has(alarm.id)} @toggle=${({ target }) => (unfolded[target.open ? "add" : "delete"](alarm.id), draw())}><summary>${t("Pictures around the alarm")}</summary>${unfolded.has(alarm.id) ? around.ofAlarm(alarm.id) : ""}</details>` : ""}
        <ul class="history">${alarm.events.map((event) => html`<li><time>${minute(ms(event.at))}</time> ${(LINES[event.what] ?? (() => event.what))()} ${badge(event.level, { short: true })} ${event.what === "told" ? event.note : ""} ${called(event.who)}</li>`)}</ul>
      </li>`,
    )}
    ${told.alarms?.length ? "" : html`<li class="quiet">${told.alarms ? t("No alarms so far.") : t("Loading")}</li>`}
  </ol>`;

/** What is not believed in this time and why, newest first, and who vouched for what. */
function doubtsList(series) {
  const rows = doubts(series).slice(0, 12);
  if (!rows.length) return "";
  return html`<details class="doubts"><summary>${say("Doubted readings: %(n)s", { n: doubts(series).length })}</summary>
    <ul>${rows.map(({ at, value, name, unit, why }) => html`<li><time>${day(at, LANGUAGE)} ${minute(at)}</time> ${name} ${value} ${unit} · ${why}</li>`)}</ul>
    <a href=${`/maintenance-tasks/?station=${encodeURIComponent(hall.store.station(id)?.[1].code ?? "")}`}>${t("Maintenance tasks")}</a>
  </details>`;
}

const framesCard = () => html`<h2>${t("Frames as they came")}</h2>
  ${told.frames.length
    ? html`<table>
        <thead><tr><th>${t("Received")}</th><th>${t("From")}</th><th>${t("Frame")}</th><th>${t("Result")}</th></tr></thead>
        <tbody>${told.frames.slice(0, 20).map(
          (frame) => html`<tr class=${frame.error ? "refused" : ""}>
            <td>${second(ms(frame.received_at))}</td><td>${frame.protocol} ${frame.peer}</td>
            <td><code>${(frame.text || frame.hex).slice(0, 400)}</code></td><td title=${frame.error}>${frame.why || t("Accepted")}</td>
          </tr>`,
        )}</tbody>
      </table>`
    : html`<p class="quiet">${t("No frames in the last two days.")}</p>`}`;

function draw() {
  const found = hall.store.station(id);
  render(html`${liveState(hall)} ${hallClock(hall)} ${demoMark(hall)}`, part("status"));
  if (found) {
    part("name").textContent = nameOf(found[1]);
    document.title = `${nameOf(found[1])} · ${hall.page.title}`;
    render(factsCard(found[1]), part("facts"));
  }
  const empty = told.series && !told.series.series.some(({ points }) => points.length);
  render(
    html`<h2>${t("Readings")}</h2>
      ${SPANS.map(([hours, words]) => html`<button class="button plain" aria-pressed=${hours === told.hours} @click=${() => ((told.hours = hours), load())}>${words()}</button>`)}
      ${told.series?.fallen ? html`<span>${say("Rain %(mm)s mm (data %(share)s)", { mm: told.series.fallen.mm, share: `${Math.floor(told.series.fallen.complete * 100)} %` })}</span>` : ""}
      <span class="push"></span>
      <button class="button plain" ?disabled=${!chart} @click=${() => download(`${id}.png`, chart.picture())}>${t("Save picture")}</button>
      <a class="button plain" href=${file("csv")} download>CSV</a>
      <a class="button plain" href=${file("xlsx")} download>Excel</a>
      ${told.problem ? html`<p class="problem" role="alert">${told.problem}</p>` : ""}
      ${told.series ? doubtsList(told.series) : ""}
      ${told.series || told.problem ? "" : html`<p class="quiet">${t("Loading")}</p>`}
      ${empty ? html`<p class="quiet">${t("No readings in this time.")}</p>` : ""}`,
    part("chart-head"),
  );
  render(alarmsCard(hall.clock.now() ?? 0), part("alarms"));
  part("frames").hidden = !told.frames;
  if (told.frames) render(framesCard(), part("frames"));
}

load();
setInterval(() => document.hidden || load(), AGAIN_MS);
whenNews(hall, draw);
hall.live.addEventListener("state", () => hall.live.state === "signed-out" && location.assign(`/sign-in/?next=${encodeURIComponent(location.pathname)}`));
