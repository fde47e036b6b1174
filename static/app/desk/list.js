// The list of alarms: filters, the row that is selected, the rows that are marked.

import { html } from "lit-html";
import { repeat } from "lit-html/repeat";
import { alarmClass, alarmRow, byUrgency, isOpen, isSetAside, isStanding, isUnacknowledged } from "app/alarm";
import { badge } from "app/level";
import { firstPage } from "app/urgency";
import { t, say } from "app/words";

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

  get alarm() {
    return this.hall.store.layer("alarms").get(this.selected);
  }

  select(id) {
    this.selected = id;
    this.dispatchEvent(new Event("select"));
  }

  /** One down (1) or up (-1). */
  move(step) {
    const rows = this.rows();
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

  draw(acknowledge, shelve) {
    for (const id of this.marked) if (!this.hall.store.layer("alarms").has(id)) this.marked.delete(id);
    const all = this.hall.store.all("alarms");
    const rows = this.rows();
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
      </header>
      <ol>
        ${repeat(
          firstPage(rows, MOST, this._stands),
          ({ id }) => id,
          (alarm) => html`<li id="alarm-${alarm.id}" class=${alarmClass(alarm)} aria-current=${alarm.id === this.selected} @click=${() => this.select(alarm.id)}>
            <input type="checkbox" aria-label=${t("Mark")} .checked=${this.marked.has(alarm.id)} @click=${(event) => event.stopPropagation()} @change=${() => this.mark(alarm.id)} />
            ${alarmRow(alarm, now)}
          </li>`,
        )}
        ${rows.length ? "" : html`<li class="quiet nothing">${all.length ? t("No alarm fits the filter.") : t("No open alarms.")}</li>`}
        ${rows.length > MOST ? html`<li class="quiet nothing">${say("%(count)s more, less urgent", { count: rows.length - MOST })}</li>` : ""}
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
