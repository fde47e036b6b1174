// The queues of incidents and of work orders: tabs, views, the row that is selected. Age pushes nothing off the first page.

import { html } from "lit-html";
import { repeat } from "lit-html/repeat";
import { byUrgency, incidentCard, incidentClass, isHeld, isNew } from "app/incident";
import { badge } from "app/level";
import { byUrgency as byClock, cardClass, colourAt, orderCard } from "app/workorder";
import { t, say } from "app/words";

const MOST = 200;
const WITH_HALL = new Set(["fed_back", "verified", "returned", "arbitration"]);

class Queue extends EventTarget {
  /** @param {object} hall @param {string} layer */
  constructor(hall, layer) {
    super();
    Object.assign(this, { hall, layer, selected: null, view: "all" });
  }

  get now() {
    return this.hall.clock.now() ?? 0;
  }

  _of(view) {
    const { test } = this.views[view];
    return this.hall.store.all(this.layer).filter((one) => test(one, this.now));
  }

  rows() {
    return this._of(this.view).sort(this.order);
  }

  select(id) {
    this.selected = id;
    this.dispatchEvent(new Event("select"));
  }

  move(step) {
    const rows = this.rows();
    if (!rows.length) return;
    const at = rows.findIndex(({ id }) => id === this.selected);
    const next = at < 0 ? 0 : Math.max(0, Math.min(rows.length - 1, at + step));
    this.select(rows[next].id);
    document.getElementById(`${this.layer}-${rows[next].id}`)?.scrollIntoView({ block: "nearest" });
  }

  /** The next view, by key or by the button itself. */
  turn(view) {
    const names = Object.keys(this.views);
    this.view = view ?? names[(names.indexOf(this.view) + 1) % names.length];
    this.dispatchEvent(new Event("mark"));
  }

  draw() {
    const rows = this.rows();
    return html`<header>
        <h2>${this.title()} <span class="quiet">${this.tally()}</span></h2>
        <p class="filters">
          ${Object.entries(this.views).map(
            ([view, { word }]) => html`<button class="button" aria-pressed=${this.view === view} @click=${() => this.turn(view)}>${word()} <b>${this._of(view).length}</b></button>`,
          )}
        </p>
        ${this.more?.() ?? ""}
      </header>
      <ol>
        ${repeat(
          rows.slice(0, MOST),
          ({ id }) => id,
          (one) => html`<li id="${this.layer}-${one.id}" class=${this.rowClass(one)} aria-current=${one.id === this.selected} @click=${() => this.select(one.id)}>${this.row(one)}</li>`,
        )}
        ${rows.length ? "" : html`<li class="quiet nothing">${this.hall.store.ready ? this.nothing() : t("Loading")}</li>`}
        ${rows.length > MOST ? html`<li class="quiet nothing">${say("%(count)s more, less urgent", { count: rows.length - MOST })}</li>` : ""}
      </ol>
      ${this.foot?.() ?? ""}`;
  }
}

export class IncidentQueue extends Queue {
  /** @param {object} hall @param {() => void} report opens the form for a new one */
  constructor(hall, report) {
    super(hall, "incidents");
    this.report = report;
    this.views = {
      new: { word: () => t("New"), test: isNew },
      mine: { word: () => t("Mine"), test: (one, now) => isHeld(one, now) && one.holder === hall.page.who },
      all: { word: () => t("Everybody's"), test: () => true },
    };
  }

  get order() {
    return byUrgency(this.now);
  }

  title = () => t("Incidents");
  tally = () => say("%(count)s unconfirmed", { count: this._of("new").length });
  row = (one) => incidentCard(one, this.now);
  rowClass = (one) => incidentClass(one, this.now);
  nothing = () => (this.hall.store.layer("incidents").size ? t("No incident fits the filter.") : t("No open incidents."));
  more = () => html`<p class="filters">${[1, 2, 3, 4].map((level) => html`<span class="level-count">${badge(level, { short: true })} ${this.hall.store.all("incidents").filter((one) => one.level === level).length}</span>`)}</p>`;
  foot = () => (this.hall.may.has("incident.report") ? html`<footer><button class="button" @click=${this.report}>${t("Report an incident")} <kbd>R</kbd></button></footer>` : "");
}

export class OrderQueue extends Queue {
  constructor(hall) {
    super(hall, "orders");
    this.views = {
      new: { word: () => t("With the hall"), test: ({ state }) => WITH_HALL.has(state) },
      late: { word: () => t("Overdue"), test: (one, now) => colourAt(one, now) === "red" },
      all: { word: () => t("Open"), test: () => true },
    };
  }

  get order() {
    return byClock(this.now);
  }

  foot = () => (this.hall.may.has("order.issue") ? html`<footer><a class="button" href="/orders/new/">${t("Issue an order")}</a></footer>` : "");
  title = () => t("Work orders");
  tally = () => say("%(count)s overdue", { count: this._of("late").length });
  row = (one) => orderCard(one, this.now);
  rowClass = (one) => cardClass(one, this.now);
  nothing = () => (this.hall.store.layer("orders").size ? t("No order fits.") : t("No open orders."));
}
