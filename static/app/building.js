// The building behind a fire host: who answers for it, what became of the call about its first alarm, parts in trouble.

import { html } from "lit-html";
import { get, post } from "app/api";
import { day, minute, ms, second } from "app/clock";
import { called } from "app/person";
import { LANGUAGE, t, say } from "app/words";

const AGAIN_MS = 4000; // a call moves by the second

const RED = ["no_channel", "failed"];

/** Persons, hosts and parts of premises as the API tells them. The same on the desk, the station page and the incident. */
export const premisesCard = (row) => html`<section class="building">
  <h3><a href="/premises/${row.id}/">${row.name}</a> <span class="quiet">${row.kind_label} · ${row.address}${row.people === null ? "" : ` · ${say("usually %(n)s people", { n: row.people })}`}</span></h3>
  <ul class="persons">${row.persons.map((one) => html`<li><span class="quiet">${one.role_label}</span> ${one.name} <b class="number">${one.phone}</b></li>`)}
    ${row.persons.length ? "" : html`<li class="bad">${t("Nobody to call is entered.")}</li>`}</ul>
  <p class="quiet">${row.hosts.map(({ id, code }) => html`<a href="/stations/${id}/">${code}</a> `)}</p>
  ${row.troubled.length
    ? html`<details ?open=${row.troubled.length < 4}><summary>${say("Parts in trouble: %(n)s", { n: row.troubled_count })}</summary>
        <ul>${row.troubled.map((one) => html`<li>${one.text || one.part} · ${one.state} <time class="quiet">${day(ms(one.since), LANGUAGE)} ${minute(ms(one.since))}</time></li>`)}</ul></details>`
    : ""}
</section>`;

export class Building {
  /** @param {() => void} redraw @param {(sentence: string, bad?: boolean) => void} tell */
  constructor(redraw, tell = () => {}) {
    Object.assign(this, { redraw, tell, station: null, known: null, busy: false, dismissing: false, problem: "" });
    this._asked = -Infinity;
  }

  /** Show the building of this host; asked again every few seconds while it is drawn. */
  follow(station) {
    if (station !== this.station) Object.assign(this, { station, known: null, dismissing: false, problem: "", _asked: -Infinity });
    if (performance.now() - this._asked > AGAIN_MS) this.load();
  }

  async load() {
    const { station } = this;
    this._asked = performance.now();
    try {
      const known = await get(`/api/v1/stations/${station}/premises`);
      if (station !== this.station) return;
      this.known = known;
    } catch (refusal) {
      this.problem = refusal.message;
    }
    this.redraw();
  }

  async move(name, reason = "") {
    this.busy = true;
    this.redraw();
    try {
      this.known = { ...this.known, call: await post(`/api/v1/fire-calls/${this.known.call.id}/moves/${name}`, { reason }) };
      Object.assign(this, { dismissing: false, problem: "" });
      this.tell(this.known.call.state_label);
    } catch (refusal) {
      this.problem = refusal.message;
      await this.load();
    }
    this.busy = false;
    this.redraw();
  }

  _call(call) {
    const press = ({ move, needs_reason }) => () => (needs_reason ? ((this.dismissing = !this.dismissing), this.redraw()) : this.move(move));
    const send = (event) => (event.preventDefault(), this.move("dismiss", new FormData(event.target).get("reason")));
    return html`<section class="fire-call" data-state=${call.state}>
      <h3>${t("First alarm")} <b class="state">${call.state_label}</b> ${call.because ? html`<span class="bad">${say("red: %(why)s", { why: call.because })}</span>` : ""}</h3>
      <ul>${call.called.map((one) => html`<li><time>${second(ms(one.at))}</time> ${one.role_label} ${one.name} <span class="quiet">${one.channel_label}</span> <span class=${RED.includes(one.message) ? "bad" : "quiet"}>${one.message_label}</span></li>`)}
        ${call.called.length ? "" : html`<li class="bad">${t("Nobody could be called.")}</li>`}</ul>
      ${call.reason ? html`<p>${call.reason} <span class="quiet">${called(call.ended_by)}</span></p>` : ""}
      <p class="moves">${call.buttons.map((button) => html`<button class="button" data-move=${button.move} ?disabled=${this.busy} @click=${press(button)}>${button.label}</button>`)}</p>
      ${this.dismissing ? html`<form class="act" @submit=${send}><label>${t("What it was")}<input name="reason" required maxlength="500" /></label><button class="button">${t("Keep")}</button></form>` : ""}
    </section>`;
  }

  draw(station) {
    this.follow(station);
    if (!this.known) return this.problem ? html`<p class="problem" role="alert">${this.problem}</p>` : "";
    const { premises, call } = this.known;
    return html`${this.problem ? html`<p class="problem" role="alert">${this.problem}</p>` : ""} ${call ? this._call(call) : ""} ${premises ? premisesCard(premises) : ""}`;
  }
}
