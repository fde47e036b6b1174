// An incident beside the map: what, how bad and why, who is on it, what can be done, who is where, what happened.

import { html } from "lit-html";
import { repeat } from "lit-html/repeat";
import { get, remove } from "app/api";
import { alarmClass, alarmRow } from "app/alarm";
import { premisesCard } from "app/building";
import { Acting, option } from "app/desk/acting";
import { candidates, firstToSend } from "app/desk/candidates";
import { Details, stampOf } from "app/details";
import { holder, isHeld, stateWord, STATES } from "app/incident";
import { badge, LEVELS } from "app/level";
import { called, person } from "app/person";
import { Stills, stillImage, takenAt } from "app/still";
import { Strips } from "app/strip";
import { timelineOf } from "app/timeline";
import { unitRow } from "app/unit";
import { asOnTheWire, cardClass, clockChip, orderCard } from "app/workorder";
import { day, minute, ms } from "app/clock";
import { LANGUAGE, t, say, nameOf } from "app/words";

const SENDS = ["confirmed", "responding", "controlled"];
const when = (time) => (time ? `${day(ms(time), LANGUAGE)} ${minute(ms(time))}` : "—");
const pair = (word, value) => (value || value === 0 ? html`<div><dt>${word}</dt><dd>${value}</dd></div>` : "");

let catalogue = null; // kinds of incident and the time-limit catalogue: asked once, when first needed
const catalogues = async ({ may }) => {
  const [types, matters] = await Promise.all([get("/api/v1/incidents/types"), may.has("order.view") ? get("/api/v1/orders/matters") : []]);
  catalogue = { types, matters };
};

export class IncidentRecord {
  /** @param {object} hall @param {() => void} redraw @param {(sentence: string, bad?: boolean) => void} tell @param {(order: string) => void} openOrder */
  constructor(hall, redraw, tell, openOrder) {
    Object.assign(this, { hall, redraw, openOrder });
    this.id = null;
    this.stills = new Stills(redraw);
    this.pictures = new Strips(redraw);
    this.acting = new Acting(redraw, tell, stateWord);
    this.chosen = new Set(); // alarms that shall become an incident of their own
  }

  get base() {
    return `/api/v1/incidents/${this.id}`;
  }

  get page() {
    return this.details?.known.page;
  }

  open(id) {
    if (id === this.id) return;
    this.id = id;
    this.chosen.clear();
    this.acting.reset();
    const more = this.hall.may.has("assignment.make") ? { candidates: `${this.base}/candidates` } : {};
    this.details = new Details({ page: this.base, ...(this.hall.may.has("assignment.view") ? { tasks: `${this.base}/tasks` } : {}), ...more }, this.redraw);
    if (!catalogue) catalogues(this.hall).then(this.redraw, (refusal) => this.acting.tell(refusal.message, true));
    this.redraw();
  }

  // --- acts, also by key ----------------------------------------------------------------------------
  may = (move) => this.page?.buttons.some((button) => button.move === move);
  confirm = () => this.may("confirm") && this.acting.toggle("confirm");
  note = () => this.page?.may.edit && this.acting.toggle("note");
  order = () => this.page && this.hall.may.has("order.issue") && this.acting.toggle("order");
  dismiss = () => this.may("dismiss") && this.acting.toggle("move-dismiss");

  async hold() {
    if (!this.page?.may.hold) return;
    const mine = isHeld({ ...this.page, held_until: ms(this.page.held_until) }, this.hall.clock.now()) && this.page.holder === this.hall.page.who;
    if (!mine) await this.acting.send("hold", `${this.base}/hold`, {}, t("You are on it."));
    else await remove(`${this.base}/hold`).catch((refusal) => this.acting.tell(refusal.message, true));
    this.details.load();
  }

  /** Send the first of the list for the first need that is not met: the one key of the dispatch. */
  assignFirst() {
    const found = firstToSend(this.details?.known.candidates?.needs, this.details?.known.tasks?.assignments);
    if (found) this.assign(found.need, found.place);
    else if (this.page) this.acting.tell(SENDS.includes(this.page.state) ? t("Nobody who fits is free.") : t("Confirm the incident first."), true);
  }

  async assign(need, place, reason = "") {
    const { id, name } = place.resource;
    const goods = need.kind === "store" ? { item: need.skill, quantity: place.take || 1 } : { skill: need.skill };
    await this.acting.send(`assign-${id}`, `${this.base}/tasks`, { resource: id, ...goods, reason }, say("%(unit)s assigned.", { unit: name }));
    this.details.load();
  }

  // --- drawing --------------------------------------------------------------------------------------
  draw() {
    this.details.follow(stampOf(this.hall, this.id));
    const { page, details } = this;
    if (!page) return html`<p class="quiet nothing">${details.problem ? details.problem.refusal.message : t("Loading")}</p>`;
    const now = this.hall.clock.now() ?? 0;
    this.stills.keep(new Set(page.cameras.map(({ id }) => id)));
    return html`${this._head(page, now)} ${this.acting.drawProblem()}
      ${this.acting.drawMoves(page.buttons, this.base, { own: { confirm: this.confirm }, keys: { confirm: "C" } })}
      ${this.acting.form === "confirm" ? this._confirm(page) : ""} ${this.acting.form === "order" ? this._orderForm(page) : ""}
      ${this.acting.form === "note" ? this._noteForm() : ""} ${this._forces(page)} ${this._orders(page, now)} ${this._facts(page)} ${page.premises.map(premisesCard)}
      ${this._alarms(page, now)} ${this._cameras(page)} ${this._near(page)} ${this._files(page)} ${this._timeline(page)}`;
  }

  _head(page, now) {
    const held = { ...page, held_until: ms(page.held_until) };
    const mine = isHeld(held, now) && page.holder === this.hall.page.who;
    return html`<header>
      <h2>${badge(page.level)} ${page.title}</h2>
      <p class="quiet">${page.number} · ${page.type_name} · <b class="state"><span aria-hidden="true">${STATES[page.state]?.glyph}</span> ${page.state_label}</b></p>
      <p class="because">
        ${page.level_confirmed ? say("Level confirmed; proposed was %(level)s.", { level: LEVELS[page.level_proposed].roman }) : t("Level proposed by rule:")}
        ${page.level_because.join(" ")}
      </p>
      <p class="hold">
        ${holder(held, now) || html`<span class="quiet">${t("Nobody is on it.")}</span>`}
        ${page.may.hold ? html`<button class="button" @click=${() => this.hold()}>${mine ? t("Give it back") : t("I am on it")} <kbd>H</kbd></button>` : ""}
      </p>
      ${page.merged_into ? html`<p class="elsewhere">${t("Merged into")} <button class="link" @click=${() => this.open(page.merged_into.id)}>${page.merged_into.number}</button></p>` : ""}
      ${page.may.unmerge ? html`<button class="button" @click=${() => this.acting.send("unmerge", `${this.base}/unmerge`, {}, t("Merge taken back"))}>${t("Take the merge back")}</button>` : ""}
    </header>`;
  }

  _confirm(page) {
    const levels = Object.entries(LEVELS).map(([level, { roman, word }]) => option(level, `${roman} ${word()}`, String(page.level)));
    const types = (catalogue?.types ?? [{ slug: page.type, name: page.type_name }]).map((type) => option(type.slug, nameOf(type), page.type));
    const owners = this.hall.page.departments.map(([code, name]) => option(code, name, page.owner));
    return this.acting.drawForm(
      "confirm",
      html`<label>${t("Level")}<select name="level">${levels}</select></label>
        <label>${t("Kind")}<select name="type">${types}</select></label>
        <label>${t("Owner")}<select name="department"><option value="">—</option>${owners}</select></label>`,
      t("Confirm"),
      ({ level, type, department }) =>
        this.acting.send("confirm", `${this.base}/moves/confirm`, { changes: { level: Number(level), type, department } }, t("Confirmed")),
    );
  }

  _forces(page) {
    const { tasks, candidates: found } = this.details.known;
    const out = tasks?.assignments ?? [];
    const units = this.hall.store.layer("units");
    const row = (one) => html`<li class="unit-row ${one.state}">
      ${units.has(one.resource) && one.state in { assigned: 1, accepted: 1, on_the_way: 1, on_scene: 1 } && !one.item
        ? unitRow(this.hall, units.get(one.resource), one.override_reason ? say("chosen because: %(reason)s", { reason: one.override_reason }) : "")
        : html`<span class="glyph" aria-hidden="true">${one.glyph}</span><b class="what">${one.unit}</b><span class="state">${one.state_label}</span>
            <span class="since">${one.item ? `${one.item_label} × ${one.quantity}` : one.task}</span>`}
      ${one.buttons.length ? html`<span class="row-acts">${repeat(
        one.buttons.filter(({ needs_reason }) => !needs_reason),
        ({ move }) => move, // a button stays its own: it never becomes another act under the pointer
        ({ move, label }) => html`<button class="button" ?disabled=${Boolean(this.acting.busy)} @click=${() => this.acting.send(`${move}-${one.id}`, `/api/v1/assignments/${one.id}/moves/${move}`, {}, `${one.unit}: ${label}`, () => this.details.fresh())}>${label}</button>`,
      )}</span>` : ""}
    </li>`;
    return html`<section>
      <h3>${t("Who is where")} <span class="quiet">${out.length}</span></h3>
      <ul class="unit-rows">${repeat(out, ({ id }) => id, row)}${out.length ? "" : html`<li class="quiet">${t("Nobody was sent yet.")}</li>`}</ul>
      ${SENDS.includes(page.state) && found ? candidates(this, found.needs, out) : ""}
    </section>`;
  }

  _orders(page, now) {
    const orders = this.details.known.tasks?.orders ?? [];
    return html`<section>
      <h3>${t("Work orders")} <span class="quiet">${orders.length}</span></h3>
      <ol class="orders">
        ${repeat(orders, ({ id }) => id, (told) => {
          const order = this.hall.store.layer("orders").get(told.id) ?? asOnTheWire(told);
          return html`<li class=${cardClass(order, now)}><a href="/orders/${order.id}/" @click=${(event) => (event.preventDefault(), this.openOrder(order.id))}>${orderCard(order, now)}</a>
            <p class="four-clocks">${order.clocks.map((clock) => clockChip(clock, now))}</p></li>`;
        })}
        ${orders.length ? "" : html`<li class="quiet">${t("No order was issued yet.")}</li>`}
      </ol>
      ${this.hall.may.has("order.issue") && page.state !== "closed" ? html`<button class="button" @click=${this.order}>${t("Issue an order")} <kbd>D</kbd></button>` : ""}
    </section>`;
  }

  _orderForm(page) {
    const matters = catalogue?.matters ?? [];
    const like = page.type === "ponding" ? "road_ponding" : "rescue";
    return this.acting.drawForm(
      "order",
      html`<label>${t("Matter")}<select name="matter" required>${matters.map((matter) => option(matter.slug, nameOf(matter), like))}</select></label>
        <label>${t("Department")}<select name="department" required>${this.hall.page.departments.map(([code, name]) => option(code, name, page.owner))}</select></label>
        <label>${t("Subject")}<input name="subject" required maxlength="120" value=${page.title} /></label>
        <label>${t("Requirement")}<textarea name="requirement" required maxlength="4000" rows="3"></textarea></label>`,
      t("Issue"),
      (fields) =>
        this.acting.send("order", "/api/v1/orders", { ...fields, incident: this.id, is_drill: page.is_drill }, t("Order issued.")).then(() => this.details.load()),
    );
  }

  _facts(page) {
    return html`<dl class="values">
      ${pair(t("Place"), page.address || page.area_name)} ${pair(t("Owner"), page.owner_name)} ${pair(t("People affected"), page.people_affected)}
      ${pair(t("Occurred"), when(page.occurred_at))} ${pair(t("Received"), when(page.received_at))} ${pair(t("Source"), page.source_label)}
      ${pair(t("Reported by"), person(page.reported_by))} ${pair(t("Caller"), [page.caller_name, page.caller_phone].filter(Boolean).join(" "))} ${pair(t("Description"), page.note)}
    </dl>`;
  }

  _alarms(page, now) {
    const known = this.hall.store.layer("alarms");
    const toggle = (id) => () => (this.chosen.has(id) ? this.chosen.delete(id) : this.chosen.add(id), this.redraw());
    const split = () => this.acting.send("split", `${this.base}/split`, { alarms: [...this.chosen] }, t("Split off.")).then((made) => made && this.chosen.clear());
    return html`<section>
      <h3>${t("Alarms")} <span class="quiet">${page.alarm_rows.length}</span></h3>
      <ol class="alarms">
        ${repeat(page.alarm_rows, ({ id }) => id, (told) => {
          const alarm = known.get(told.id);
          return html`<li class=${alarm ? alarmClass(alarm) : `alarm level-${told.worst_level} cleared`}>
            ${alarm ? alarmRow(alarm, now, this.hall.store) : html`${badge(told.worst_level)}<span class="what">${told.text ?? told.code}</span><time class="when">${minute(ms(told.raised_at))}</time>`}
            <span class="since because-line">${page.may.merge && page.alarm_rows.length > 1 ? html`<input type="checkbox" aria-label=${t("Mark")} .checked=${this.chosen.has(told.id)} @change=${toggle(told.id)} />` : ""}${told.because}</span>
          </li>`;
        })}
      </ol>
      ${this.chosen.size && this.chosen.size < page.alarm_rows.length ? html`<button class="button" @click=${split}>${say("Split %(count)s off", { count: this.chosen.size })}</button>` : ""}
    </section>`;
  }

  _cameras(page) {
    return html`<div class="nearest-cameras">
      ${page.cameras.map((camera) => {
        const still = this.stills.of(camera.id);
        return html`<figure class="picture ${camera.picture === "online" ? "" : "stale"}">
          ${stillImage(still, camera.name)}<figcaption>${camera.name} · ${camera.distance_m} m · ${takenAt(still)}</figcaption>
        </figure>`;
      })}
    </div>
    ${this.hall.may.has("camera.view") ? html`<section><h3>${t("Pictures since it began")}</h3>${this.pictures.ofIncident(this.id)}</section>` : ""}`;
  }

  _near(page) {
    const merge = (id) => () => this.acting.send("merge", `${this.base}/merge`, { others: [id] }, t("Merged.")).then(() => this.details.load());
    if (!page.near.length && !page.merged.length) return "";
    return html`<section>
      <h3>${t("Others near by")}</h3>
      <ul class="near">
        ${page.near.map((one) => html`<li><button class="link" @click=${() => this.open(one.id)}>${one.number}</button> ${one.title} <span class="quiet">${one.distance_m} m</span>
          ${page.may.merge ? html`<button class="button" @click=${merge(one.id)}>${t("Merge into this one")}</button>` : ""}</li>`)}
        ${page.merged.map((one) => html`<li class="quiet">⊂ <button class="link" @click=${() => this.open(one.id)}>${one.number}</button> ${one.title}</li>`)}
      </ul>
    </section>`;
  }

  _files(page) {
    const upload = async (event) => {
      const body = new FormData();
      const [file] = event.target.files;
      if (!file) return;
      body.append("file", file, file.name);
      event.target.value = "";
      if (await this.acting.send(`file-${file.name}-${file.size}`, `${this.base}/attachments`, body, t("File kept."))) this.details.load();
    };
    return html`<section>
      <h3>${t("Files")} <span class="quiet">${page.attachments.length}</span></h3>
      <ul class="files">
        ${page.attachments.map((one) => html`<li><a href="/attachments/${one.id}/" target="_blank" rel="noopener">${one.content_type.startsWith("image/") ? html`<img src="/attachments/${one.id}/" alt=${one.name} loading="lazy" />` : one.name}</a>
          <span class="quiet">${called(one.added_by)} ${when(one.added_at)}</span></li>`)}
      </ul>
      ${page.may.edit
        ? html`<p class="moves"><label class="button">${this.acting.busy.startsWith("file-") ? t("Sending…") : t("Add a file")}<input class="visually-hidden" type="file" accept="image/jpeg,image/png,image/webp,application/pdf,video/mp4" @change=${upload} /></label>
            <button class="button" @click=${this.note}>${t("Add a note")} <kbd>N</kbd></button></p>`
        : ""}
    </section>`;
  }

  _noteForm() {
    const field = html`<label>${t("Note")}<textarea name="text" required maxlength="4000" rows="2"></textarea></label>`;
    return this.acting.drawForm("note", field, t("Keep"), (fields) =>
      this.acting.send("note", `${this.base}/notes`, fields, t("Note kept.")).then(() => this.details.load()),
    );
  }

  _timeline(page) {
    return html`<section><h3>${t("Timeline")}</h3>${timelineOf([...page.timeline].reverse())}</section>`;
  }
}
