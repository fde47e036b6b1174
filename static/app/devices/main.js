// The form of one device: its place on the map, and waiting until a device that dials in is heard.

import { L } from "app/map/leaflet";
import { ground } from "app/map/base";
import { colour } from "app/level";
import { t } from "app/words";

const page = JSON.parse(document.getElementById("page").textContent);
const form = document.getElementById("device");
const field = (name) => form.elements.namedItem(name);
const AGAIN_MS = 1000;

// --- the place ----------------------------------------------------------------------------------------------
const [west, south, east, north] = page.bounds;
const map = L.map("map", { attributionControl: false, zoomSnap: 0.25 }).fitBounds([
  [south, west],
  [north, east],
]);
ground({ tiles: page.tiles, tianditu: page.tianditu, scale: 1 }).addTo(map);
let mark = null;

function show() {
  mark?.remove();
  const [lon, lat] = ["longitude", "latitude"].map((name) => parseFloat(field(name).value));
  // Other coordinates lie some hundred metres beside: only the server shifts them.
  if (!Number.isFinite(lon) || !Number.isFinite(lat) || Math.abs(lat) > 90 || field("crs").value !== "wgs84") return;
  mark = L.circleMarker([lat, lon], { radius: 9, weight: 4, color: colour("--accent"), fill: false, interactive: false }).addTo(map);
}

map.on("click", ({ latlng }) => {
  field("longitude").value = latlng.lng.toFixed(6);
  field("latitude").value = latlng.lat.toFixed(6);
  field("crs").value = "wgs84";
  show();
});
for (const name of ["longitude", "latitude", "crs"]) field(name).addEventListener("change", show);
show();

// --- waiting for a device that dials in ---------------------------------------------------------------------
const waiting = document.querySelector("#probe[data-since]");

function row(cells) {
  const line = document.createElement("tr");
  for (const text of cells) line.insertCell().textContent = text;
  return line;
}

/** What the server says of the frame that came, in place of the waiting. */
function draw(probe) {
  waiting.replaceChildren();
  waiting.classList.add(probe.ok ? "ok" : "not-ok");
  const head = document.createElement("h2");
  head.textContent = `${probe.ok ? "✓" : "!"} ${probe.text}`;
  const from = document.createElement("p");
  from.className = "quiet";
  from.textContent = probe.peer;
  const table = document.createElement("table");
  table.className = "rows values";
  for (const one of probe.values) {
    const line = row([one.name, `${one.value ?? "—"} ${one.unit}`, `${one.low} – ${one.high} ${one.unit}`, one.word]);
    line.className = `value-${one.state}`;
    table.append(line);
  }
  waiting.append(head, from, table);
}

async function listen() {
  const until = Date.now() + Number(waiting.dataset.wait) * 1000;
  const asked = new FormData(form);
  asked.set("since", waiting.dataset.since);
  for (;;) {
    const answer = await fetch("/devices/heard", { method: "POST", body: asked, credentials: "same-origin" })
      .then((response) => response.json())
      .catch(() => ({}));
    if (answer.probe) return draw(answer.probe);
    const left = Math.ceil((until - Date.now()) / 1000);
    if (left <= 0 || answer.error) {
      return draw({ ok: false, peer: "", values: [], text: answer.error ?? t("Nothing was heard from this address. Is the device switched on, and does it dial the right address and port?") });
    }
    document.getElementById("left").textContent = left;
    await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
  }
}

if (waiting) listen();
