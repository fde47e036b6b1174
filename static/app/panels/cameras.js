// Camera pictures: cameras beside open alarms first, then all in turn, calmly, each with the time of its picture.

import { html } from "lit-html";
import { repeat } from "lit-html/repeat";
import { byUrgency, isOpen } from "app/alarm";
import { badge } from "app/level";
import { panel } from "app/panels/panel";
import { pictureWord } from "app/stations";
import { minute } from "app/clock";
import { Stills, stillImage } from "app/still";
import { far, metres } from "app/unit";
import { t, nameOf } from "app/words";

const TURN_S = 20;

/** The worst open alarm that each camera watches, by camera id. */
function watched(hall) {
  const worst = new Map();
  const codes = new Map();
  for (const alarm of hall.store.all("alarms").filter(isOpen).sort(byUrgency)) {
    if (!codes.has(alarm.code)) codes.set(alarm.code, alarm);
  }
  for (const camera of hall.store.all("cameras")) {
    const found = (camera.facts.watches ?? []).map((code) => codes.get(code)).filter(Boolean).sort(byUrgency)[0];
    if (found) worst.set(camera.id, found);
  }
  return worst;
}

export class CameraPanel {
  /** @param {number} places how many pictures at once */
  constructor(places) {
    this.places = places;
    this.started = performance.now();
    this.stills = new Stills(() => {});
  }

  /** @param {object} hall @param {{lat: number, lon: number} | null} scene in emergency mode: the cameras nearest to it */
  draw(hall, scene = null) {
    const cameras = hall.store.all("cameras").sort((a, b) => (a.code < b.code ? -1 : 1));
    const alarms = watched(hall);
    const away = scene && new Map(cameras.map((camera) => [camera.id, metres(camera, scene)]));
    const urgent = away
      ? [...cameras].sort((a, b) => away.get(a.id) - away.get(b.id))
      : cameras.filter(({ id }) => alarms.has(id)).sort((a, b) => byUrgency(alarms.get(a.id), alarms.get(b.id)));
    const rest = cameras.filter(({ id, picture }) => !alarms.has(id) && picture && picture !== "offline");
    const seconds = (performance.now() - this.started) / 1000;
    const shown = urgent.slice(0, this.places);
    const free = this.places - shown.length;
    const from = free && rest.length ? (Math.floor(seconds / TURN_S) * free) % rest.length : 0;
    for (let i = 0; i < Math.min(free, rest.length); i += 1) shown.push(rest[(from + i) % rest.length]);
    const online = cameras.filter(({ picture }) => picture === "online").length;
    this.stills.keep(new Set(shown.map(({ id }) => id)));
    return panel(
      "cameras",
      html`${t("Cameras")} <small>${t("Online")} ${online}/${cameras.length}</small>`,
      null,
      html`<div class="pictures" style="--places:${this.places}">
        ${repeat(
          shown,
          ({ id }) => id,
          (camera) => {
            const still = this.stills.of(camera.id);
            return html`<figure class=${camera.picture === "online" ? "" : "stale"}>
              ${stillImage(still, nameOf(camera))}
              <figcaption>
                ${badge(alarms.get(camera.id)?.level, { short: true })}<span class="name">${nameOf(camera)}</span>
                <span>${away ? far(away.get(camera.id)) : ""} ${camera.picture === "online" ? "" : pictureWord(camera.picture)} ${still.taken ? minute(still.taken) : ""}</span>
              </figcaption>
            </figure>`;
          },
        )}
        ${shown.length ? "" : html`<p class="quiet">${t("No camera delivers a picture.")}</p>`}
      </div>`,
    );
  }
}
