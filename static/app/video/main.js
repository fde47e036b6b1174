// The video wall: 4, 9 or 16 cameras of a group, in turn; those beside a new serious alarm come forward. Works by keys alone,
// and needs none.

import { html, render } from "lit-html";
import { repeat } from "lit-html/repeat";
import { byUrgency, isOpen, isUnacknowledged, sentence } from "app/alarm";
import { minute, second } from "app/clock";
import { badge } from "app/level";
import { LIVE_WORDS, watch as watchLive } from "app/live_picture";
import { boot, whenNews } from "app/main";
import { isStale, pictureWord } from "app/stations";
import { demoMark, hallClock, liveState } from "app/status";
import { SIZES, beside, inOrder, pages, shown } from "app/video/arrange";
import { Pictures } from "app/video/pictures";
import { watch } from "app/wall/watchdog";
import { LANGUAGE, t, say, count, nameOf } from "app/words";

const hall = boot();
const root = document.getElementById("video");
const KEPT = "onemap.video";
const asked = new URLSearchParams(location.search);
const remembered = () => {
  try {
    return JSON.parse(localStorage.getItem(KEPT)) ?? {};
  } catch {
    return {};
  }
};
const set = { size: 9, group: "", forward: true, turning: true, ...remembered() };
if (asked.has("group")) set.group = asked.get("group");
if (SIZES.includes(Number(asked.get("tiles")))) set.size = Number(asked.get("tiles"));

let turn = 0;
let turned = performance.now();
let chosen = null; // the camera in the frame that the arrow keys move
let large = null; // the camera that is shown large
let live = null; // its live picture: {stop}, or null while there is none
let liveWord = ""; // "", "asking", "playing", "none", or why not
const pictures = new Pictures(() => draw());

function keep(changes) {
  Object.assign(set, changes);
  localStorage.setItem(KEPT, JSON.stringify(set));
  turn = 0;
  turned = performance.now();
  draw();
}

// --- what is shown ------------------------------------------------------------------------------------------
const groups = () => hall.store.all("camera_groups").sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));

function look() {
  const cameras = hall.store.all("cameras");
  const ordered = inOrder(cameras, set.group ? hall.store.layer("camera_groups").get(set.group) : undefined);
  const calling = hall.store.all("alarms").filter((alarm) => isOpen(alarm) && isUnacknowledged(alarm)).sort(byUrgency);
  const alarms = beside(cameras, calling, hall.page.reach_m);
  const forward = set.forward ? cameras.filter(({ id }) => alarms.has(id)).sort((a, b) => byUrgency(alarms.get(a.id), alarms.get(b.id)) || (a.code < b.code ? -1 : 1)) : [];
  const others = ordered.filter((camera) => !forward.slice(0, set.size).includes(camera)).length;
  return { ordered, alarms, tiles: shown(ordered, forward, set.size, turn), turns: pages(others, Math.max(1, set.size - forward.length)) };
}

const numberOf = (camera) => hall.store.value(camera.id, "still")?.[0] ?? null;
const placeOf = (camera) => camera.place || (LANGUAGE === "en" && camera.town_en) || camera.town || "";

/** How wide a tile is, in device pixels, in steps, so that a window being dragged does not fetch all anew each time. */
const width = (columns) => Math.ceil((root.clientWidth * devicePixelRatio) / columns / 160) * 160;

function caption(camera, alarm, picture) {
  const sound = camera.picture === "online";
  return html`<figcaption>
    ${alarm ? badge(alarm.level, { chip: true, short: true }) : ""}
    <span class="name" title=${nameOf(camera)}>${nameOf(camera)}</span>
    <span class="place quiet">${alarm ? sentence(alarm) : placeOf(camera)}</span>
    <span class="seen ${sound ? "quiet" : "wrong"}">${sound ? "" : html`<b>${pictureWord(camera.picture)}</b> `}${picture.taken ? html`<time>${hall.clock.now() - picture.taken > 3600e3 ? minute(picture.taken) : second(picture.taken)}</time>` : ""}</span>
  </figcaption>`;
}

function tile(camera, alarms, wide) {
  const alarm = alarms.get(camera.id);
  const away = camera.id === large; // its one canvas stands on the large sheet
  const picture = away ? { canvas: null, taken: null, missing: false } : pictures.of(camera.id, numberOf(camera), wide);
  const old = isStale(hall, camera) || !["online", "blurred", "moved"].includes(camera.picture);
  return html`<figure
    class="tile ${alarm ? `level-${alarm.level} calling` : ""} ${old ? "stale" : ""}"
    tabindex="0"
    data-id=${camera.id}
    aria-label=${[nameOf(camera), pictureWord(camera.picture), alarm ? sentence(alarm) : ""].filter(Boolean).join(" · ")}
    @focus=${() => (chosen = camera.id)}
    @click=${() => open(camera.id)}
  >
    ${picture.taken ? picture.canvas : html`<p class="no-picture quiet">${away ? "" : picture.missing ? t("No picture yet.") : t("Loading")}</p>`} ${caption(camera, alarm, picture)}
  </figure>`;
}

function sheet({ alarms }) {
  const camera = large && hall.store.layer("cameras").get(large);
  if (!camera) return "";
  const picture = pictures.of(camera.id, numberOf(camera), Math.min(1280, width(1)));
  const mine = groups().filter(({ cameras }) => cameras.includes(camera.id));
  return html`<section class="large" role="dialog" aria-label=${nameOf(camera)}>
    <div class="stage">
      ${picture.taken ? picture.canvas : html`<p class="no-picture quiet">${t("No picture yet.")}</p>`}
      <div id="live" ?hidden=${liveWord !== "playing"}></div>
    </div>
    ${caption(camera, alarms.get(camera.id), picture)}
    <p class="acts">
      <span class="quiet" role="status">${LIVE_WORDS[liveWord]?.() ?? liveWord}</span>
      ${mine.map((group) => html`<button class="button plain" @click=${() => (shut(), keep({ group: group.id }))}>${nameOf(group)}</button>`)}
      ${hall.page.person ? html`<a class="button plain" href="/stations/${camera.id}/">${t("Station page")}</a>` : ""}
      <button class="button" @click=${shut}>${t("Close")} <kbd>Esc</kbd></button>
    </p>
  </section>`;
}

async function open(id) {
  shut();
  large = id;
  liveWord = "asking";
  draw();
  const mine = () => large === id;
  try {
    const name = nameOf(hall.store.layer("cameras").get(id));
    const player = await watchLive(document.getElementById("live"), id, name, (state) => mine() && ((liveWord = state), draw()));
    if (!mine()) player?.stop();
    else if (!player) liveWord = "none";
    else live = player;
  } catch (refusal) {
    if (mine()) liveWord = refusal.message;
  }
  draw();
}

function shut() {
  live?.stop();
  live = null;
  large = null;
  liveWord = "";
  draw();
}

// --- drawing --------------------------------------------------------------------------------------------------
function head({ ordered, turns }) {
  const size = (n) => html`<button class="button plain" aria-pressed=${n === set.size} @click=${() => keep({ size: n })}>${n}</button>`;
  const chosenGroup = set.group && !hall.store.layer("camera_groups").has(set.group) ? "" : set.group;
  return html`<h1>${t("Video wall")}</h1>
    <label>${t("Group")} <select @change=${({ target }) => keep({ group: target.value })}>
      <option value="" .selected=${!chosenGroup}>${t("All cameras")}</option>
      ${groups().map((group) => html`<option value=${group.id} .selected=${group.id === chosenGroup}>${nameOf(group)}</option>`)}
    </select></label>
    <span class="sizes" role="group" aria-label=${t("Pictures at once")}>${SIZES.map(size)}</span>
    <button class="button plain" aria-pressed=${set.forward} @click=${() => keep({ forward: !set.forward })}>${t("Alarms come forward")}</button>
    ${turns > 1
      ? html`<button class="button plain" aria-pressed=${set.turning} @click=${() => keep({ turning: !set.turning })}>${say("In turn every %(s)s s", { s: hall.page.every_s })}</button>
          <span class="quiet">${say("Page %(n)s of %(all)s", { n: (((turn % turns) + turns) % turns) + 1, all: turns })}</span>`
      : ""}
    <span class="quiet">${count("%(count)s camera", "%(count)s cameras", ordered.length)}</span>
    <span class="push"></span>
    ${liveState(hall)} ${demoMark(hall)} ${hallClock(hall)}
    ${hall.page.person
      ? html`${hall.may.has("camera.arrange") ? html`<a class="button plain" href="/camera-groups/">${t("Camera groups")}</a>` : ""} <a class="button plain" href="/">${t("Desk")}</a>`
      : ""}`;
}

render(html`<header class="bar" id="head"></header><div class="tiles" id="tiles"></div><footer class="keys quiet" id="keys"></footer><div id="sheet"></div>`, root);
const part = (id) => document.getElementById(id);

render(
  html`<span><kbd>1</kbd> <kbd>2</kbd> <kbd>3</kbd> ${t("4, 9, 16 pictures")}</span> <span><kbd>G</kbd> ${t("Next group")}</span>
    <span><kbd>N</kbd> <kbd>P</kbd> ${t("Next and previous page")}</span> <span><kbd>Space</kbd> ${t("Stop turning")}</span>
    <span><kbd>A</kbd> ${t("Alarms come forward")}</span> <span><kbd>↑↓←→</kbd> <kbd>Enter</kbd> ${t("Choose and enlarge")}</span>`,
  part("keys"),
);

function draw() {
  if (set.turning && !large && performance.now() - turned > hall.page.every_s * 1000) {
    turn += 1;
    turned = performance.now();
  }
  const seen = look();
  const columns = Math.sqrt(set.size);
  root.dataset.state = hall.live.state;
  root.dataset.size = set.size;
  pictures.keep(new Set([...seen.tiles.map(({ id }) => id), large].filter(Boolean)));
  render(head(seen), part("head"));
  const wide = width(columns);
  render(
    html`${repeat(seen.tiles, ({ id }) => id, (camera) => tile(camera, seen.alarms, wide))}
      ${seen.tiles.length || !hall.store.ready ? "" : html`<p class="nothing quiet">${set.group ? t("No camera of this group can be seen.") : t("There is no camera yet.")}</p>`}`,
    part("tiles"),
  );
  render(sheet(seen), part("sheet"));
}

// --- keys -----------------------------------------------------------------------------------------------------
const step = (by) => ((turn += by), (turned = performance.now()), draw());

function nextGroup() {
  const all = ["", ...groups().map(({ id }) => id)];
  keep({ group: all[(all.indexOf(set.group) + 1) % all.length] });
}

function move(by) {
  const tiles = [...part("tiles").querySelectorAll(".tile")];
  const at = tiles.findIndex(({ dataset }) => dataset.id === chosen);
  tiles[Math.min(tiles.length - 1, Math.max(0, at < 0 ? 0 : at + by))]?.focus();
}

const KEYS = {
  1: () => keep({ size: 4 }),
  2: () => keep({ size: 9 }),
  3: () => keep({ size: 16 }),
  g: nextGroup,
  n: () => step(1),
  p: () => step(-1),
  PageDown: () => step(1),
  PageUp: () => step(-1),
  " ": () => keep({ turning: !set.turning }),
  a: () => keep({ forward: !set.forward }),
  ArrowLeft: () => move(-1),
  ArrowRight: () => move(1),
  ArrowUp: () => move(-Math.sqrt(set.size)),
  ArrowDown: () => move(Math.sqrt(set.size)),
  Enter: () => chosen && open(chosen),
  Escape: shut,
};

addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest?.("select, input")) return;
  if (event.target.closest?.("button, a") && [" ", "Enter"].includes(event.key)) return;
  const act = KEYS[event.key] ?? KEYS[event.key.toLowerCase()];
  if (!act) return;
  event.preventDefault();
  act();
});

addEventListener("resize", draw);
whenNews(hall, draw);
hall.live.addEventListener("state", () => hall.live.state === "signed-out" && location.reload());
watch(hall);
