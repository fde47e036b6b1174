// One vehicle's way in one view: the track on the map, beside it pictures, alarms, and what the driver was told and answered.

import { html, render } from "lit-html";
import { get } from "app/api";
import { second } from "app/clock";
import { badge } from "app/level";
import { ground } from "app/map/base";
import { L } from "app/map/leaflet";
import { boundsOf, drawWay } from "app/map/way";
import { called } from "app/person";
import { outcome } from "app/told";
import { LANGUAGE, t, say } from "app/words";

const AGAIN_MS = 5000;

const page = JSON.parse(document.getElementById("page").textContent);
const seen = document.getElementById("seen");
const map = L.map(document.getElementById("way"), { zoomControl: false, attributionControl: Boolean(page.tianditu), minZoom: 9, maxZoom: 18, fadeAnimation: false });
L.control.zoom({ position: "bottomright", zoomInTitle: t("Zoom in"), zoomOutTitle: t("Zoom out") }).addTo(map);
L.control.scale({ imperial: false, position: "bottomleft" }).addTo(map);
const [west, south, east, north] = page.bounds;
map.fitBounds([[south, west], [north, east]]); // prettier-ignore
ground({ ...page, scale: 1 }).addTo(map);

let way = null;
let framed = false;

const goods = (trip) => [trip.un_number && `UN ${trip.un_number}`, (LANGUAGE === "en" && trip.goods_en) || trip.goods, trip.mass_kg && `${trip.mass_kg} kg`].filter(Boolean).join(" ");

function draw(told) {
  way?.remove();
  way = drawWay(map, told);
  const bounds = boundsOf(told);
  if (!framed && bounds.isValid()) {
    map.fitBounds(bounds, { padding: [24, 24], maxZoom: 16 });
    framed = true;
  }
  const { trip, pictures, alarms, texts } = told;
  render(
    html`${trip ? html`<p><b>${goods(trip)}</b>${trip.from ? html`<br>${trip.from} → ${trip.to}` : ""}${trip.driver ? html`<br>${t("Driver")}: ${trip.driver}` : ""}</p>` : ""}
      <h2>${t("Told to the driver")}</h2>
      <ul>${texts.map((one) => html`<li><time>${second(one.asked_at)}</time> ${one.text} <b>${outcome(one.result)}</b> <span class="quiet">${one.answered_at ? `${say("answered %(time)s", { time: second(one.answered_at) })} · ` : ""}${called(one.by) || t("automatic")}</span></li>`)}</ul>
      ${texts.length ? "" : html`<p class="quiet">${t("Nothing was told so far.")}</p>`}
      <h2>${t("Alarms")}</h2>
      <ul>${alarms.map(({ id, at, text, level }) => html`<li><a href=${`/alarms/${id}/way/`}><time>${second(at)}</time></a> ${badge(level, { short: true })} ${text}</li>`)}</ul>
      ${alarms.length ? "" : html`<p class="quiet">${t("No alarms so far.")}</p>`}
      <h2>${t("Pictures")}</h2>
      <div class="pictures">${pictures.map(({ address, at }) => html`<figure><a href=${address}><img src=${address} alt=${say("Picture of %(time)s", { time: second(at) })} loading="lazy"></a><figcaption class="quiet">${second(at)}</figcaption></figure>`)}</div>
      ${pictures.length ? "" : html`<p class="quiet">${t("No pictures in this time.")}</p>`}`,
    seen,
  );
}

async function load() {
  try {
    draw(await get(page.journey));
  } catch (refusal) {
    render(html`<p class="problem" role="alert">${refusal.message}</p>`, seen);
  }
}

load();
setInterval(() => document.hidden || load(), AGAIN_MS);
