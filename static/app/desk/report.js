// An incident told by hand: a call, a visit, a superior notice. The place is picked on the map, or an area is named.

import { html } from "lit-html";
import { get } from "app/api";
import { Acting, option } from "app/desk/acting";
import { stateWord } from "app/incident";
import { t, nameOf } from "app/words";

const SOURCES = { call: () => t("Telephone"), visit: () => t("Visit"), superior: () => t("Superior notice"), grid: () => t("Grid worker"), citizen: () => t("Citizen") };

export class Report {
  /** @param {object} hall @param {object} view the map @param {() => void} redraw @param {Function} tell @param {(incident: string) => void} made */
  constructor(hall, view, redraw, tell, made) {
    Object.assign(this, { hall, view, redraw, made });
    this.acting = new Acting(redraw, tell, stateWord);
    this.types = null;
    this.place = null;
  }

  open() {
    this.place = null;
    this.acting.reset();
    this.acting.form = "report";
    this.types ??= get("/api/v1/incidents/types").then((types) => ((this.types = types), this.redraw()), () => (this.types = null));
    this.redraw();
    document.querySelector('#record form[data-form="report"] select')?.focus();
  }

  _pick() {
    this.picking = true;
    this.view.pickPlace((place) => {
      this.picking = false;
      this.place = place;
      this.redraw();
    });
    this.redraw();
  }

  async _send({ type, source, area, address, title, note, caller_name, caller_phone, people_affected, is_drill }) {
    const told = {
      type, source, address, title, note, caller_name, caller_phone,
      ...(this.place ? { position: this.place } : { area }),
      ...(people_affected === "" ? {} : { people_affected: Number(people_affected) }),
      ...(is_drill ? { is_drill: true } : {}),
    }; // prettier-ignore
    const made = await this.acting.send("report", "/api/v1/incidents", told, t("Incident taken in."));
    if (!made) {
      this.acting.form = "report";
      return;
    }
    this.view.pickPlace(null);
    this.made(made.id);
  }

  draw() {
    const field = (name, word, input) => html`<label>${word}${input ?? html`<input name=${name} maxlength="120" autocomplete="off" />`}</label>`;
    const types = Array.isArray(this.types) ? this.types : [];
    return html`<header><h2>${t("Report an incident")}</h2></header>
      ${this.acting.drawProblem()}
      ${this.acting.form === "report"
        ? this.acting.drawForm(
            "report",
            html`${field("type", t("Kind"), html`<select name="type" required>${types.map((type) => option(type.slug, nameOf(type)))}</select>`)}
              ${field("source", t("Source"), html`<select name="source" required>${Object.entries(SOURCES).map(([slug, word]) => option(slug, word()))}</select>`)}
              <div class="field-line"><button class="button" type="button" aria-pressed=${Boolean(this.picking)} @click=${() => this._pick()}>${this.picking ? t("Click the place on the map…") : t("Pick the place on the map")}</button>
                ${this.place ? html`<output>${this.place[0].toFixed(5)}, ${this.place[1].toFixed(5)}</output>` : ""}</div>
              ${this.place ? "" : field("area", t("or area"), html`<select name="area" required>${this.hall.page.areas.map(([code, name]) => option(code, name))}</select>`)}
              ${field("address", t("Address"))} ${field("title", t("Title, if another than place and kind"))}
              ${field("people_affected", t("People affected"), html`<input name="people_affected" type="number" min="0" step="1" inputmode="numeric" />`)}
              <div class="field-pair">${field("caller_name", t("Caller's name"))} ${field("caller_phone", t("Caller's phone"))}</div>
              ${field("note", t("Description"), html`<textarea name="note" rows="3" maxlength="4000"></textarea>`)}
              <label class="check"><input type="checkbox" name="is_drill" /> ${t("Drill")}</label>`,
            t("Take in"),
            (fields) => this._send(fields),
          )
        : html`<p class="quiet nothing">${t("Choose an alarm, or a place on the map.")}</p>`}`;
  }
}
