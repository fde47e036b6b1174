// What cameras saw around an alarm or an incident: a row of pictures a camera, each with its time; a click opens one.

import { html } from "lit-html";
import { get } from "app/api";
import { minute, ms } from "app/clock";
import { pictureWord } from "app/stations";
import { t, say } from "app/words";

const AGAIN_MS = 15000;
const MOST_KEPT = 20;

/** @param {{id: string, name: string, distance_m: number | null, stills: {id: number, taken_at: string, state: string}[]}[]} cameras */
const strip = (cameras) =>
  cameras.map(
    ({ id, name, distance_m, stills }) => html`<figure class="strip">
      <figcaption>${name}${distance_m === null ? "" : html` <span class="quiet">${say("%(m)s m away", { m: distance_m })}</span>`}</figcaption>
      <ol>
        ${stills.map(
          (still) => html`<li class=${still.state === "online" ? "" : "stale"}><a href="/stations/${id}/stills/${still.id}" target="_blank" rel="noopener" title=${pictureWord(still.state)}>
            <img src="/stations/${id}/stills/${still.id}" alt=${`${name} ${minute(ms(still.taken_at))}`} loading="lazy" decoding="async" /><time>${minute(ms(still.taken_at))}</time></a></li>`,
        )}
      </ol>
    </figure>`,
  );

/** Strips by the address that tells them, asked for when they are first shown and again while they are. */
export class Strips {
  /** @param {() => void} redraw called when they came */
  constructor(redraw) {
    this._redraw = redraw;
    this._kept = new Map();
  }

  ofAlarm = (id) => this.draw(`/api/v1/alarms/${id}/pictures`);
  ofIncident = (id) => this.draw(`/api/v1/incidents/${id}/pictures`);

  draw(address) {
    let kept = this._kept.get(address);
    if (!kept) this._kept.set(address, (kept = { cameras: null, asked: -Infinity, problem: "" }));
    if (performance.now() - kept.asked > AGAIN_MS) {
      kept.asked = performance.now();
      this._ask(address, kept);
    }
    while (this._kept.size > MOST_KEPT) this._kept.delete(this._kept.keys().next().value);
    if (kept.cameras === null) return kept.problem ? html`<p class="problem" role="alert">${kept.problem}</p>` : html`<p class="quiet">${t("Loading")}</p>`;
    return kept.cameras.length ? strip(kept.cameras) : html`<p class="quiet">${t("No camera near by has pictures of this time.")}</p>`;
  }

  async _ask(address, kept) {
    try {
      kept.cameras = await get(address);
      kept.problem = "";
    } catch (refusal) {
      kept.problem = refusal.message; // what came before stays; asked again while it is looked at
    }
    this._redraw();
  }
}
