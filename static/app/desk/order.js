// A work order beside the map: its clocks, its pictures, what the hall can do with it. Its own page holds the rest.

import { html } from "lit-html";
import { Acting } from "app/desk/acting";
import { Details } from "app/details";
import { minute, ms } from "app/clock";
import { person } from "app/person";
import { timelineOf } from "app/timeline";
import { asOnTheWire, cardClass, clockChip, orderCard, stateWord } from "app/workorder";
import { t, say } from "app/words";

export class OrderRecord {
  /** @param {object} hall @param {() => void} redraw @param {(sentence: string, bad?: boolean) => void} tell @param {(incident: string) => void} openIncident */
  constructor(hall, redraw, tell, openIncident) {
    Object.assign(this, { hall, redraw, openIncident });
    this.id = null;
    this.acting = new Acting(redraw, tell, stateWord);
  }

  open(id) {
    if (id === this.id) return;
    this.id = id;
    this.acting.reset();
    this.details = new Details({ page: `/api/v1/orders/${id}` }, this.redraw);
    this.redraw();
  }

  draw() {
    this.details.follow(this.hall.store.layer("orders").get(this.id)?.version ?? "over");
    const { page } = this.details.known;
    if (!page) return html`<p class="quiet nothing">${this.details.problem ? this.details.problem.refusal.message : t("Loading")}</p>`;
    const now = this.hall.clock.now() ?? 0;
    const order = asOnTheWire(page);
    const pictures = page.evidence.map(
      (one) => html`<figure class="picture"><a href="/attachments/${one.attachment}/" target="_blank" rel="noopener"><img src="/attachments/${one.attachment}/" alt="${one.tag_label} ${one.name}" /></a>
        <figcaption><b>${one.tag_label}</b> ${one.taken_at ? minute(ms(one.taken_at)) : t("time unknown")} ${one.problems.map((problem) => html`<span class="problem-line coloured level-3">⚠ ${problem}</span>`)}</figcaption></figure>`,
    );
    return html`<div class=${cardClass(order, now)}>${orderCard(order, now)}</div>
      ${this.acting.drawProblem()} ${this.acting.drawMoves(page.buttons, `/api/v1/orders/${this.id}`)}
      <p class="four-clocks">${order.clocks.map((clock) => clockChip(clock, now))}</p>
      ${page.requirement ? html`<section><h3>${t("Requirement")}</h3><p class="prose">${page.requirement}</p></section>` : ""}
      ${page.result ? html`<section><h3>${t("Result")}</h3><p class="prose">${page.result} ${person(page.fed_back_by, minute(ms(page.fed_back_at)))}</p></section>` : ""}
      ${pictures.length ? html`<section><h3>${t("Before and after")}</h3><div class="nearest-cameras">${pictures}</div></section>` : ""}
      <p class="moves">
        <a class="button" href="/orders/${this.id}/">${t("Order page")} <kbd>O</kbd></a> <a class="button" href="/orders/${this.id}/print/">${t("Print")}</a>
        ${page.incident ? html`<button class="button" @click=${() => this.openIncident(page.incident)}>${say("Incident %(number)s", { number: page.incident_number })}</button>` : ""}
      </p>
      <section><h3>${t("History")}</h3>${timelineOf([...page.timeline].reverse())}</section>`;
  }
}
