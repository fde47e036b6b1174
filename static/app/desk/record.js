// The record at the right: one station, its last picture, its values, its alarms.

import { html } from "lit-html";
import { repeat } from "lit-html/repeat";
import { post } from "app/api";
import { alarmClass, alarmRow, byUrgency } from "app/alarm";
import { Building } from "app/building";
import { badge } from "app/level";
import { layerOf } from "app/layers/index";
import { pictogram } from "app/map/marks";
import { isStale, newestAt, pictureWord } from "app/stations";
import { Stills, stillImage, takenAt } from "app/still";
import { Strips } from "app/strip";
import { minute } from "app/clock";
import { t, say, nameOf } from "app/words";

const MAKES = ["fire.alarm", "gas.level", "gas.over_range"]; // what cannot wait for a form

export class Record {
  /** @param {object} hall @param {() => void} redraw @param {(sentence: string, bad?: boolean) => void} tell @param {(incident: string) => void} openIncident */
  constructor(hall, redraw, tell, openIncident) {
    Object.assign(this, { hall, tell, openIncident, making: false });
    this.building = new Building(redraw, tell);
    this.station = null;
    this.elsewhere = false;
    this.stills = new Stills(redraw);
    this.pictures = new Strips(redraw);
    this._others = new BroadcastChannel("onemap.record");
    this._others.onmessage = ({ data }) => {
      if (data.station !== this.station || !this.station) return;
      this.elsewhere = true;
      if (data.ask) this._others.postMessage({ station: this.station });
      redraw();
    };
    this._redraw = redraw;
  }

  open(station) {
    if (station === this.station) return;
    this.station = station;
    this.elsewhere = false;
    this._others.postMessage({ station, ask: true });
    this._redraw();
  }

  /** The camera itself, or cameras that watch this station. */
  _cameras(feature) {
    if (feature.kind === "camera") return [feature];
    return this.hall.store.all("cameras").filter(({ facts }) => facts.watches?.includes(feature.code)).slice(0, 2);
  }

  /** From the alarm to a confirmed incident, its building and people with it, in one press. */
  _incident(alarm) {
    if (!MAKES.includes(alarm.rule) || alarm.condition !== "active" || !this.hall.may.has("incident.confirm")) return "";
    const press = async () => {
      this.making = true;
      this._redraw();
      try {
        const { id, number } = await post("/api/v1/incidents/from-alarm", { alarm: alarm.id });
        this.tell(say("Incident %(number)s is confirmed.", { number }));
        this.openIncident(id);
      } catch (refusal) {
        this.tell(refusal.message, true);
      }
      this.making = false;
      this._redraw();
    };
    return html`<button class="button make-incident" ?disabled=${this.making} @click=${press}>${t("Confirm as an incident")}</button>`;
  }

  draw() {
    const found = this.hall.store.station(this.station);
    if (!found) {
      return html`<p class="quiet nothing">${this.station ? t("This station is not on the map any more.") : t("Choose an alarm, or a place on the map.")}</p>`;
    }
    const [name, feature] = found;
    const layer = layerOf(name);
    const alarms = this.hall.store.all("alarms").filter(({ station, node }) => station === feature.id && !node).sort(byUrgency);
    const cameras = this.hall.may.has("camera.view") ? this._cameras(feature) : [];
    this.stills.keep(new Set(cameras.map(({ id }) => id)));
    const shown = this.hall.may.has("camera.view") ? alarms.slice(0, 1) : [];
    const groups = feature.kind === "camera" ? this.hall.store.all("camera_groups").filter(({ cameras: ids }) => ids.includes(feature.id)) : [];
    const at = newestAt(this.hall.store.values.get(feature.id));
    const stale = isStale(this.hall, feature);
    const now = this.hall.clock.now() ?? 0;
    return html`<header>
        <h2>${pictogram(layer.pictogram)} ${nameOf(feature)} ${badge(feature.level)}</h2>
        <p class=${stale ? "stale" : "quiet"}>
          ${feature.code} · ${feature.kind === "camera" ? pictureWord(feature.picture) : at === null ? t("No data") : stale ? say("No data since %(since)s", { since: minute(at) }) : say("Data of %(time)s", { time: minute(at) })}
        </p>
        ${this.elsewhere ? html`<p class="elsewhere">${t("This record is open in another window too.")}</p>` : ""}
      </header>
      ${cameras.map((camera) => {
        const still = this.stills.of(camera.id);
        return html`<figure class="picture ${camera.picture === "online" ? "" : "stale"}">
          ${stillImage(still, nameOf(camera))}
          <figcaption>${nameOf(camera)} · ${pictureWord(camera.picture)} · ${takenAt(still)}</figcaption>
        </figure>`;
      })}
      <dl class="values ${stale ? "stale" : ""}">${layer.popup(feature, this.hall).map(([word, value]) => html`<div><dt>${word}</dt><dd>${value}</dd></div>`)}</dl>
      <ol class="alarms">${repeat(alarms, ({ id }) => id, (alarm) => html`<li class=${alarmClass(alarm)}>${alarmRow(alarm, now, this.hall.store)} ${this._incident(alarm)}</li>`)}</ol>
      ${name === "fire" ? this.building.draw(feature.id) : ""}
      ${shown.map(({ id }) => html`<h3>${t("Pictures around the alarm")}</h3>${this.pictures.ofAlarm(id)}`)}
      ${groups.length ? html`<p>${groups.map((group) => html`<a class="button" href="/video/?group=${group.id}">${t("Video wall")} · ${nameOf(group)}</a> `)}</p>` : ""}
      <p><a class="button" href="/stations/${feature.id}/">${t("Station page")} <kbd>O</kbd></a>
        ${name === "vehicles" && this.hall.may.has("trip.view") ? html`<a class="button" href="/vehicles/${feature.id}/">${t("Track and pictures")}</a>` : ""}
        ${this.hall.may.has("alarm.out_of_service") ? html`<a class="button" href="/maintenance/?station=${encodeURIComponent(feature.code)}">${t("Out of service, maintenance")}</a>` : ""}</p>`;
  }
}
