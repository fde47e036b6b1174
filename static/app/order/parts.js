// The parts of an order's page: what, how long, pictures side by side, what happened.

import { html, nothing } from "lit-html";
import { day, minute, ms } from "app/clock";
import { called } from "app/person";
import { LANGUAGE, t, say } from "app/words";
import { cards, clockChip, KINDS, nextClock } from "app/workorder";

const when = (time) => (time == null ? "" : `${day(ms(time), LANGUAGE)} ${minute(ms(time))}`);
const pair = (word, value) => (value ? html`<div><dt>${word}</dt><dd>${value}</dd></div>` : nothing);

export const head = (order, now) => html`<section class="card">
  <p class="facts-head">
    <span class="number">${order.number}</span>
    <span class="tag ${order.kind === "supervision" ? "level-1" : ""}">${order.kind_label ?? KINDS[order.kind]()}</span>
    <span class="tag">${order.urgency_label}</span>
    ${order.is_drill ? html`<span class="tag">${t("Drill")}</span>` : ""} ${cards(order)}
    ${order.round ? html`<span class="tag">${say("Round %(n)s", { n: order.round })}</span>` : ""}
  </p>
  <h2 class="order-title">${order.subject}</h2>
  <p><b class="state"><span aria-hidden="true">${order.glyph}</span> ${order.state_label}</b> ${clockChip(order.next ? nextClock(order) : null, now)}</p>
</section>`;

/** Clocks of departments that had it before, as they stood when it was handed on: each one's record. */
const former = ({ former_clocks: all }) =>
  [...new Set(all.map(({ ended_at }) => ended_at))].map((ended) => {
    const own = all.filter(({ ended_at }) => ended_at === ended);
    return html`<h3>${say("%(department)s, until %(time)s", { department: own[0].department_name, time: when(ended) })}</h3>
      <ul class="clocks">${own.map((clock) => html`<li>${clockChip(clock, ms(ended))} <span class="due">${say("due %(time)s", { time: when(clock.due_at) })}</span></li>`)}</ul>`;
  });

/** The four clocks. None of them is moved by signing, answering or returning. */
export const clocks = (order, now) => html`<section class="card" aria-label=${t("Time limits")}>
  <h2>${t("Time limits")}</h2>
  <ul class="clocks">
    ${order.clocks.map((clock) => html`<li>${clockChip(clock, now)} <span class="due">${say("due %(time)s", { time: when(clock.due_at) })}</span></li>`)}
    ${order.clocks.length ? "" : html`<li class="quiet">${t("No time limit.")}</li>`}
  </ul>
  ${former(order)}
  ${order.extensions.map(
    (one) => html`<p class="note-line">
      ${say("%(amount)s %(unit)s more", { amount: one.amount, unit: one.unit_label })}:
      ${one.state === "requested" ? t("asked for, not decided yet") : one.state === "approved" ? say("approved by %(who)s, due %(time)s", { who: called(one.decided_by), time: when(one.granted_until) }) : say("refused by %(who)s", { who: called(one.decided_by) })}
      <span class="quiet">${one.reason}${one.decision ? html` → ${one.decision}` : ""}</span>
    </p>`,
  )}
</section>`;

const LONG = 200; // characters from which a text is shown in part until one asks for all

const prose = (word, text, { name, whole, show }) => {
  if (!text) return nothing;
  const cut = text.length > LONG && !whole.has(name);
  return html`<h2>${word}</h2>
    <p class="prose ${name} ${cut ? "clamped" : ""}">${text}</p>
    ${cut ? html`<button class="button" @click=${() => show(name)}>${t("Show all of it")}</button>` : ""}`;
};

/** What is asked for, what is known, what came of it. @param {{whole: Set, show: Function}} reading */
export const words = (order, reading) =>
  order.requirement || order.facts || order.result
    ? html`<section class="card">
        ${prose(t("What was done"), order.result, { ...reading, name: "result" })}
        ${prose(t("Requirement"), order.requirement, { ...reading, name: "requirement" })}
        ${prose(t("Facts"), order.facts, { ...reading, name: "facts" })}
      </section>`
    : nothing;

export const facts = (order) => html`<section class="card">
  <dl class="pairs">
    ${pair(t("Department"), order.department_name)}
    ${order.first_receiver === order.department_name ? "" : pair(t("First receiver"), order.first_receiver)}
    ${pair(t("Matter"), order.matter_name)} ${pair(t("Source"), order.source_label)}
    ${pair(t("Incident"), order.incident_number)} ${pair(t("Address"), order.address)}
    ${pair(t("Issued"), `${when(order.issued_at)} ${called(order.issued_by)}`)}
    ${pair(t("Signed for"), order.signed_at && `${when(order.signed_at)} ${called(order.signed_by)}`)}
    ${pair(t("On the spot"), when(order.arrived_at))}
    ${pair(t("Fed back"), order.fed_back_at && `${when(order.fed_back_at)} ${called(order.fed_back_by)}`)}
    ${pair(t("Verified"), order.verified_at && `${when(order.verified_at)} ${called(order.verified_by)}`)}
    ${pair(t("Closed"), when(order.closed_at))}
    ${order.returns ? pair(t("Returned"), say("%(count)s times", { count: order.returns })) : ""}
    ${order.reopened ? pair(t("Reopened"), say("%(count)s times", { count: order.reopened })) : ""}
    ${pair(t("Basis"), order.basis)}
    ${order.lead ? pair(t("Lead order"), html`<a href="/orders/${order.lead.id}/">${order.lead.number}</a>`) : ""}
    ${order.supervises ? pair(t("Supervises"), html`<a href="/orders/${order.supervises.id}/">${order.supervises.number}</a>`) : ""}
    ${order.related.map((one) => pair(one.kind === "supervision" ? t("Supervision order") : t("Co-unit"), html`<a href="/orders/${one.id}/">${one.number}</a> ${one.department_name} · ${one.state_label}`))}
  </dl>
  <p><a class="button" href="/orders/${order.id}/print/">${t("Print")}</a> <a class="button" href="/api/v1/orders/${order.id}/print.pdf">PDF</a></p>
</section>`;

const picture = (one, order, accept) => html`<figure>
  <a href="/attachments/${one.attachment}/"><img src="/attachments/${one.attachment}/" alt="${one.tag_label} ${one.name}" loading="lazy" /></a>
  <figcaption>
    ${one.taken_at ? when(one.taken_at) : t("time unknown")}
    ${one.problems.map((problem) => html`<span class="problem-line coloured level-3">⚠ ${problem}</span>`)}
    ${one.accepted_by ? html`<span>${say("Accepted by %(who)s: %(reason)s", { who: called(one.accepted_by), reason: one.accepted_reason })}</span>` : ""}
    ${one.problems.length && !one.accepted_by && order.may.accept_evidence ? accept(one) : ""}
  </figcaption>
</figure>`;

/** Before and after, side by side; other files below. */
export function pictures(order, accept) {
  const shown = new Set(order.evidence.map(({ attachment }) => attachment));
  const others = order.attachments.filter(({ id }) => !shown.has(id));
  if (!order.evidence.length && !others.length) return nothing;
  const of = (tag) => order.evidence.filter((one) => one.tag === tag);
  return html`<section class="card" id="pictures">
    <h2>${t("Before and after")}</h2>
    <div class="picture-pair">
      ${[["before", t("Before")], ["after", t("After")]].map(
        ([tag, word]) => html`<div><h3>${word}</h3>${of(tag).map((one) => picture(one, order, accept))}${of(tag).length ? "" : html`<p class="quiet">${t("No picture.")}</p>`}</div>`,
      )}
    </div>
    ${others.length ? html`<ul>${others.map((one) => html`<li><a href="/attachments/${one.id}/">${one.name}</a> <span class="quiet">${called(one.added_by)} ${when(one.added_at)}</span></li>`)}</ul>` : ""}
  </section>`;
}

export const history = (order) => html`<section class="card history">
  <h2>${t("History")}</h2>
  <ol>
    ${[...order.timeline].reverse().map(
      (line) => html`<li><time>${when(line.at)}</time><p>${line.text} <span class="quiet">${called(line.who)}</span>${line.reason ? html`<br /><span class="quiet">${line.reason}</span>` : ""}</p></li>`,
    )}
  </ol>
</section>`;
