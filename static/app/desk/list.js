// The list of alarms: filters, the row that is selected, the rows that are marked.

import { html } from "lit-html";
import { repeat } from "lit-html/repeat";
import { alarmClass, alarmRow, byUrgency, isOpen, isSetAside, isStanding, isUnacknowledged } from "app/alarm";
import { minute } from "app/clock";
import { causeOf } from "app/desk/causes";
import { callLine } from "app/desk/people";
import { floodOf, fold } from "app/desk/flood";
import { incidentsOfAlarms } from "app/incident";
import { badge } from "app/level";
import { firstPage } from "app/urgency";
import { count, nameOf, t, say } from "app/words";

const MOST = 200; // rows drawn; the rest is counted

export class AlarmList extends EventTarget {
  constructor(hall) {
    super();
    this.hall = hall;
    this.selected = null;
    this.marked = new Set();
    this.waiting = false; // only what nobody acknowledged
    this.levels = new Set(); // none: all
    this.view = "calling";
    this.unfolded = new Set(); // keys of folded rows that are open
    this.views = {
      calling: { word: () => t("Calling"), test: (alarm) => !isSetAside(alarm) },
      standing: { word: () => t("Standing"), test: this._stands },
      aside: { word: () => t("Set aside"), test: isSetAside },
    };
  }

  /** For longer than the district's number of hours; such a row never leaves the list by its age. */
  _stands = (alarm) => isStanding(alarm, this.hall.clock.now() ?? 0, this.hall.page.standing_h);

  _of(view) {
    return this.hall.store.all("alarms").filter(this.views[view].test);
  }

  /** The next view, by key or by the button itself. */
  turn(view) {
    const names = Object.keys(this.views);
    this.view = view ?? names[(names.indexOf(this.view) + 1) % names.length];
    this.dispatchEvent(new Event("mark"));
  }

  /** What the view and the filters let through, most urgent first. */
  rows() {
    return this._of(this.view)
      .filter((alarm) => (!this.waiting || isUnacknowledged(alarm)) && (!this.levels.size || this.levels.has(alarm.level)))
      .sort(byUrgency);
  }

  /** The flood that folds the list; only what calls is folded. */
  get flood() {
    return this.view === "calling" ? floodOf(this.hall.store.all("floods"), this.hall.page.desks) : undefined;
  }

  /** High alarms, and what the others fold into; without a flood all stay single. */
  _folded(rows) {
    if (!this.flood) return { high: rows, folded: [] };
    return fold(rows, Math.max(1, this.hall.page.flood_rows), this._areaOf, causeOf);
  }

  /** The innermost of the areas that alarms fold into; their paths come in order, so it is the last. */
  _areaOf = ({ area }) => this.hall.page.folds.findLast(([path]) => area.startsWith(path))?.[1] ?? "—";

  /** What can be selected, from the top down: in a flood without what is folded away. */
  _within() {
    const { high, folded } = this._folded(this.rows());
    return [...high, ...folded.filter(({ key }) => this.unfolded.has(key)).flatMap(({ alarms }) => alarms)];
  }

  _unfold(key) {
    this.unfolded.has(key) ? this.unfolded.delete(key) : this.unfolded.add(key);
    this.dispatchEvent(new Event("mark"));
  }

  /** All of a folded row, or none of it. */
  _markAll(alarms, on) {
    for (const { id } of alarms) on ? this.marked.add(id) : this.marked.delete(id);
    this.dispatchEvent(new Event("mark"));
  }

  get alarm() {
    return this.hall.store.layer("alarms").get(this.selected);
  }

  select(id) {
    this.selected = id;
    this.dispatchEvent(new Event("select"));
  }

  /** One down (1) or up (-1). */
  move(step) {
    const rows = this._within();
    if (!rows.length) return;
    const at = rows.findIndex(({ id }) => id === this.selected);
    const next = at < 0 ? 0 : Math.max(0, Math.min(rows.length - 1, at + step));
    this.select(rows[next].id);
    document.getElementById(`alarm-${rows[next].id}`)?.scrollIntoView({ block: "nearest" });
  }

  mark(id) {
    if (!id) return;
    this.marked.has(id) ? this.marked.delete(id) : this.marked.add(id);
    this.dispatchEvent(new Event("mark"));
  }

  /** What an act is about: the marked rows, or the selected one. */
  picked() {
    const ids = this.marked.size ? [...this.marked] : [this.selected];
    return ids.map((id) => this.hall.store.layer("alarms").get(id)).filter(Boolean);
  }

  /** Of these, what nobody has acknowledged. */
  chosen() {
    return this.picked().filter(({ state }) => state === "unacknowledged");
  }

  _row = (alarm, now, unfolded) => html`<li id="alarm-${alarm.id}" class="${alarmClass(alarm)} ${unfolded ? "unfolded" : ""}" aria-current=${alarm.id === this.selected} @click=${() => this.select(alarm.id)}>
    <input type="checkbox" aria-label=${t("Mark")} .checked=${this.marked.has(alarm.id)} @click=${(event) => event.stopPropagation()} @change=${() => this.mark(alarm.id)} />
    ${alarmRow(alarm, now, this.hall.store)} ${this._incident(this._incidents.get(alarm.id))} ${callLine(this._calls.get(alarm.id))}
  </li>`;

  /** Somebody may have it in hand already: the incident that the alarm belongs to. */
  _incident(incident) {
    if (!incident) return "";
    const open = (event) => {
      event.stopPropagation();
      this.dispatchEvent(new CustomEvent("incident", { detail: incident.id }));
    };
    return html`<button class="link of-incident" title=${nameOf(incident)} @click=${open}>${say("Incident %(number)s", { number: incident.number })}</button>`;
  }

  _rows = (rows, now, unfolded = false) => html`${repeat(firstPage(rows, MOST, this._stands), ({ id }) => id, (alarm) => this._row(alarm, now, unfolded))}
    ${rows.length > MOST ? html`<li class="quiet nothing">${say("%(count)s more, less urgent", { count: rows.length - MOST })}</li>` : ""}`;

  _fold({ key, area, cause, alarms, worst, newest }, now) {
    const open = this.unfolded.has(key);
    return html`<li class="alarm folded level-${worst}" data-count=${alarms.length}>
        <input type="checkbox" aria-label=${t("Mark all")} .checked=${alarms.every(({ id }) => this.marked.has(id))} @change=${(event) => this._markAll(alarms, event.target.checked)} />
        ${badge(worst)}
        <button class="what" aria-expanded=${open} @click=${() => this._unfold(key)}><b>${cause ?? t("Other causes")}</b> ${area ?? t("All areas")}</button>
        <time class="when">${minute(newest)}</time>
        <span class="since">${count("%(count)s alarm", "%(count)s alarms", alarms.length)} · ${say("%(count)s unacknowledged", { count: alarms.filter(isUnacknowledged).length })}</span>
      </li>
      ${open ? this._rows(alarms, now, true) : ""}`;
  }

  draw(acknowledge, shelve) {
    for (const id of this.marked) if (!this.hall.store.layer("alarms").has(id)) this.marked.delete(id);
    this._calls = new Map(this.hall.store.all("calls").map((call) => [call.subject, call]));
    this._incidents = incidentsOfAlarms(this.hall.store);
    const all = this.hall.store.all("alarms");
    const rows = this.rows();
    const { high, folded } = this._folded(rows);
    const { flood } = this;
    const now = this.hall.clock.now() ?? 0;
    const toggle = (level) => () => {
      this.levels.has(level) ? this.levels.delete(level) : this.levels.add(level);
      this.dispatchEvent(new Event("mark"));
    };
    const chosen = this.chosen();
    return html`<header>
        <h2>${t("Alarms")} <span class="quiet">${say("%(count)s unacknowledged", { count: all.filter(isUnacknowledged).length })}</span></h2>
        <p class="filters">
          ${Object.entries(this.views).map(
            ([view, { word }]) => html`<button class="button" aria-pressed=${this.view === view} @click=${() => this.turn(view)}>${word()} <b>${this._of(view).length}</b></button>`,
          )}
        </p>
        <p class="filters">
          <button class="button" aria-pressed=${this.waiting} @click=${() => ((this.waiting = !this.waiting), this.dispatchEvent(new Event("mark")))}>
            ${t("Unacknowledged only")}
          </button>
          ${[1, 2, 3, 4].map((level) => html`<button class="button" aria-pressed=${this.levels.has(level)} @click=${toggle(level)}>
            ${badge(level, { short: true })} ${all.filter((alarm) => isOpen(alarm) && alarm.level === level).length}
          </button>`)}
        </p>
        ${flood ? html`<p class="flood" role="status">${say("Alarm flood since %(time)s, up to %(count)s new in ten minutes: yellow and blue are folded by area and cause.", { time: minute(flood.began_at), count: flood.worst_per_10min })}</p>` : ""}
      </header>
      <ol>
        ${this._rows(high, now)}
        ${repeat(folded, ({ key }) => key, (one) => this._fold(one, now))}
        ${rows.length ? "" : html`<li class="quiet nothing">${!this.hall.store.ready ? t("Loading") : all.length ? t("No alarm fits the filter.") : t("No open alarms.")}</li>`}
      </ol>
      ${this.hall.may.has("alarm.acknowledge")
        ? html`<footer>
            <button class="button first" ?disabled=${!chosen.length} @click=${acknowledge}>
              ${chosen.length > 1 ? say("Acknowledge %(count)s", { count: chosen.length }) : t("Acknowledge")} <kbd>A</kbd>
            </button>
            ${this.hall.may.has("alarm.shelve") ? html`<button class="button" ?disabled=${!this.picked().length} @click=${shelve}>${t("Shelve")} <kbd>S</kbd></button>` : ""}
          </footer>`
        : ""}`;
  }
}
