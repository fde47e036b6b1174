// The record of a lost node: one alarm, and beneath it the stations that are silent with it, each with its last known level.

import { html } from "lit-html";
import { repeat } from "lit-html/repeat";
import { alarmClass, alarmRow } from "app/alarm";
import { minute } from "app/clock";
import { Details } from "app/details";
import { badge } from "app/level";
import { t, say, nameOf } from "app/words";

const AGAIN_MS = 15000;

export class LostNode {
  /** @param {object} hall @param {() => void} redraw @param {(station: string) => void} openStation */
  constructor(hall, redraw, openStation) {
    this.hall = hall;
    this.id = null;
    this._redraw = redraw;
    this._open = openStation;
  }

  open(id) {
    if (id === this.id) return;
    this.id = id;
    this.details = new Details({ alarm: `/api/v1/alarms/${id}` }, this._redraw);
  }

  draw() {
    const alarm = this.hall.store.layer("alarms").get(this.id);
    if (!alarm) return html`<p class="quiet nothing">${t("This alarm is over.")}</p>`;
    this.details.follow(Math.floor(performance.now() / AGAIN_MS));
    // Who has been heard since is gone from the list before the server is asked again.
    const silent = (this.details.known.alarm?.children ?? []).filter(({ id }) => this.hall.store.station(id)?.[1].silent_since != null);
    return html`<header><h2>${nameOf(alarm)} ${badge(alarm.level)}</h2></header>
      <ol class="alarms"><li class=${alarmClass(alarm)}>${alarmRow(alarm, this.hall.clock.now() ?? 0, this.hall.store)}</li></ol>
      <h3>${say("%(count)s stations without data", { count: silent.length })}</h3>
      <ol class="children">
        ${repeat(
          silent,
          ({ id }) => id,
          (one) => html`<li class="stale"><button class="button plain" @click=${() => this._open(one.id)}>${nameOf(one)}</button>
            ${one.level ? html`${t("Last known")} ${badge(one.level)}` : ""}
            <span class="quiet">${say("No data since %(since)s", { since: minute(Date.parse(one.silent_since)) })}</span></li>`,
        )}
      </ol>`;
  }
}
