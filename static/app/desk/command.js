// The command bar: `/` opens it anywhere; a name finds a place, a word does an act.

import { html, render } from "lit-html";
import { badge } from "app/level";
import { layerOf } from "app/layers/index";
import { pictogram } from "app/map/marks";
import { STATION_LAYERS } from "app/store";
import { t, nameOf } from "app/words";

const MOST = 8;

export class CommandBar {
  /**
   * @param {HTMLElement} element
   * @param {object} hall
   * @param {{word: string, also?: string[], run: () => void}[]} acts ``also``: other words for it, in any language
   * @param {(station: string) => void} open
   * @param {(layer: string, id: string) => void} openRecord an incident or an order
   */
  constructor(element, hall, acts, open, openRecord) {
    Object.assign(this, { element, hall, acts, open, openRecord });
    this.text = "";
    this.at = 0;
    this.note = "";
    this.draw();
  }

  /** A sentence about what was just done. */
  say(note, bad = false) {
    this.note = note;
    this.bad = bad;
    this.draw();
  }

  focus() {
    this._before = document.activeElement;
    this.element.querySelector("input").focus();
  }

  _found() {
    const told = this.text.trim().toLowerCase();
    const wanted = told.replace(/^\/\s*/, "");
    if (!wanted) return [];
    const fits = (text) => text?.toLowerCase().includes(wanted);
    const acts = this.acts.filter(({ word, also = [] }) => fits(word) || also.some(fits)).map(({ word, run }) => ({ label: word, run }));
    if (told.startsWith("/")) return acts.slice(0, MOST);
    const records = ["incidents", "orders"].flatMap((name) =>
      this.hall.store
        .all(name)
        .filter((one) => fits(one.number) || fits(one.name) || fits(one.name_en) || fits(one.subject))
        .map((one) => ({
          label: html`${pictogram(layerOf(name).pictogram)} ${one.number} ${one.subject ?? nameOf(one)} ${badge(one.level, { short: true })}`,
          level: one.level ?? 9,
          run: () => this.openRecord(name, one.id),
        })),
    );
    const places = STATION_LAYERS.flatMap((name) =>
      this.hall.store
        .all(name)
        .filter((feature) => fits(feature.name) || fits(feature.name_en) || fits(feature.code))
        .map((feature) => ({
          label: html`${pictogram(layerOf(name).pictogram)} ${nameOf(feature)} ${badge(feature.level, { short: true })}`,
          level: feature.level ?? 9,
          run: () => this.open(feature.id),
        })),
    );
    return [...acts, ...[...records, ...places].sort((a, b) => a.level - b.level)].slice(0, MOST);
  }

  _run(found) {
    if (!found) return;
    this._leave();
    found.run();
  }

  _leave() {
    this.text = "";
    this.element.querySelector("input").blur();
    this._before?.focus?.({ preventScroll: true });
    this.draw();
  }

  _key(event) {
    const found = this._found();
    if (event.key === "Escape") this._leave();
    else if (event.key === "Enter") this._run(found[this.at] ?? found[0]);
    else if (event.key === "ArrowDown") this.at = Math.min(this.at + 1, found.length - 1);
    else if (event.key === "ArrowUp") this.at = Math.max(this.at - 1, 0);
    else return;
    event.preventDefault();
    this.draw();
  }

  draw() {
    const found = this._found();
    this.at = Math.max(0, Math.min(this.at, found.length - 1));
    render(
      html`<label><kbd>/</kbd>
          <input type="search" autocomplete="off" spellcheck="false" aria-label=${t("Command or place")} placeholder=${t("Command or place")}
            .value=${this.text} @input=${(event) => ((this.text = event.target.value), (this.at = 0), this.draw())} @keydown=${(event) => this._key(event)} />
        </label>
        ${found.length
          ? html`<ul class="found" role="listbox">
              ${found.map((one, i) => html`<li role="option" aria-selected=${i === this.at} @mousedown=${(event) => (event.preventDefault(), this._run(one))}>${one.label}</li>`)}
            </ul>`
          : ""}
        <p class="note ${this.bad ? "bad" : ""}" role="status">${this.note}</p>
        <p class="hints quiet"><kbd>J</kbd> <kbd>K</kbd> ${t("move")} · <kbd>A</kbd> ${t("acknowledge")} · <kbd>C</kbd> ${t("confirm")} · <kbd>P</kbd> ${t("send")} · <kbd>D</kbd> ${t("order")} · <kbd>?</kbd> ${t("all keys")}</p>`,
      this.element,
    );
  }
}
