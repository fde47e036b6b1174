// Acting on a record: one act at a time, small forms, and what is said when somebody was quicker.

import { html } from "lit-html";
import { post } from "app/api";
import { explain } from "app/refusal";
import { t } from "app/words";

/** What one record's panel is busy with: the form that is open, the act under way, the refusal to show. */
export class Acting {
  /** @param {() => void} redraw @param {(sentence: string, bad?: boolean) => void} tell @param {(state: string) => string} stateWord */
  constructor(redraw, tell, stateWord) {
    Object.assign(this, { redraw, tell, stateWord });
    this._turn = Promise.resolve();
    this._waiting = new Set();
    this.reset();
  }

  reset() {
    this.form = null;
    this.busy = "";
    this.problem = null;
  }

  /** Open a form, or close it where it is open; the first field gets the focus, since a person asked for it. */
  toggle(form) {
    this.form = this.form === form ? null : form;
    this.problem = null;
    this.redraw();
    document.querySelector(`#record form[data-form="${this.form}"] :is(textarea, select, input, button)`)?.focus();
  }

  /**
   * Carry out one intention. What is pressed twice is done once; what is
   * pressed while another answer is on its way (the wire may be faster than it) waits its turn and is never lost.
   * ``after`` belongs to the act: until it has asked for the new state, no button of the old one can be pressed.
   * @returns {Promise<object | null>} the answer, or null where it was refused
   */
  async send(what, path, body, done, after) {
    if (this._waiting.has(what)) return null;
    this._waiting.add(what);
    this._turn = this._turn.then(() => this._send(what, path, body, done, after));
    return this._turn.finally(() => this._waiting.delete(what));
  }

  async _send(what, path, body, done, after) {
    this.busy = what;
    this.redraw();
    try {
      const answer = await post(path, body);
      Object.assign(this, { form: null, problem: null });
      if (done) this.tell(done);
      await after?.();
      return answer ?? {};
    } catch (refusal) {
      this.problem = { what, sentence: explain(refusal, this.stateWord) };
      this.tell(this.problem.sentence, true);
      return null;
    } finally {
      this.busy = "";
      this.redraw();
    }
  }

  /** A form that opens under a button. @param {(fields: object) => unknown} submit */
  drawForm(name, body, word, submit) {
    const go = (event) => {
      event.preventDefault();
      submit(Object.fromEntries(new FormData(event.target)), event.target);
    };
    return html`<form class="act" data-form=${name} @submit=${go}>
      ${body}
      <p class="act-foot"><button class="button first" ?disabled=${Boolean(this.busy)}>${this.busy === name ? t("Sending…") : word}</button>
        <button class="button plain" type="button" @click=${() => this.toggle(name)}>${t("Cancel")}</button></p>
    </form>`;
  }

  drawProblem() {
    return this.problem ? html`<p class="problem" role="alert">${this.problem.sentence}</p>` : "";
  }

  /** The moves the server lists; one that needs a reason opens its form, one that is blocked says why. */
  drawMoves(buttons, base, { own = {}, keys = {} } = {}) {
    const reasoned = buttons.find(({ move }) => this.form === `move-${move}`);
    return html`<p class="moves">
        ${buttons.map(
          ({ move, label, needs_reason, blocked }, i) => html`<button class="button ${i || needs_reason ? "" : "first"}" ?disabled=${Boolean(blocked) || Boolean(this.busy)} title=${blocked}
            @click=${() => (own[move] ? own[move]() : needs_reason ? this.toggle(`move-${move}`) : this.send(`move-${move}`, `${base}/moves/${move}`, {}, label))}>
            ${label} ${keys[move] ? html`<kbd>${keys[move]}</kbd>` : ""}</button>`,
        )}
      </p>
      ${buttons.filter(({ blocked }) => blocked).map(({ label, blocked }) => html`<p class="quiet small">${label}: ${blocked}</p>`)}
      ${reasoned
        ? this.drawForm(
            `move-${reasoned.move}`,
            html`<label>${t("Reason")}<textarea name="reason" required maxlength="2000" rows="2"></textarea></label>`,
            reasoned.label,
            (fields) => this.send(`move-${reasoned.move}`, `${base}/moves/${reasoned.move}`, fields, reasoned.label),
          )
        : ""}`;
  }
}

export const option = (value, word, chosen) => html`<option value=${value} ?selected=${value === chosen}>${word}</option>`;
