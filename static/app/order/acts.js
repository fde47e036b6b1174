// What may be done with the order: a button or a small form for each thing the server lists.

import { html, nothing } from "lit-html";
import { called } from "app/person";
import { drafts } from "app/phone";
import { t, say } from "app/words";

const BEFORE_AFTER = { before: () => t("Before"), after: () => t("After") };
const FIRST = ["sign", "feed_back", "verify", "close", "arbitrate", "reissue"]; // what the order waits for
const TO_A_DEPARTMENT = ["arbitrate", "reissue"];

/** The thing that this reader is waited for, if any. */
export const firstOf = (order) => FIRST.map((name) => order.buttons.find(({ move }) => move === name)).find(Boolean);

const reason = (form, label) => html`<label
  >${label ?? t("Reason")} <textarea name="reason" required maxlength="2000" .value=${drafts.get(form, "reason")} @input=${drafts.keep(form)}></textarea>
</label>`;

const text = (form, label) => html`<label
  >${label} <textarea name="text" required maxlength="4000" .value=${drafts.get(form, "text")} @input=${drafts.keep(form)}></textarea>
</label>`;

const department = (page, order) => html`<label
  >${t("Department that gets it")}
  <select name="department">
    ${page.departments.map(([code, name]) => html`<option value=${code} ?selected=${code === order.department}>${name}</option>`)}
  </select>
</label>`;

/** Inputs for a picture before and one after; a phone offers its camera. */
const pictureInputs = (chosen, changed) => html`<div class="picture-pair">
  ${Object.entries(BEFORE_AFTER).map(
    ([tag, word]) => html`<div class="picture-input">
      <label class="picture-label"
        ><span>${chosen[tag] ? html`✓ ${chosen[tag].name}` : html`<b>${word()}</b> ${t("take or choose a picture")}`}</span>
        <input class="visually-hidden" type="file" name=${tag} accept="image/jpeg,image/png,image/webp" @change=${(event) => changed(tag, event.target.files[0] ?? null)}
      /></label>
    </div>`,
  )}
</div>`;

const submit = (busy, label, first) => html`<button class="button ${first ? "first" : ""}" ?disabled=${busy}>${busy ? t("Sending…") : label}</button>`;

/**
 * @param {object} order the API's page of it
 * @param {{page: object, busy: string, problem: {form: string, sentence: string}, chosen: object}} state
 * @param {{send: Function, choose: Function}} do_ ``send(form, event, kind)``, ``choose(tag, file)``
 */
export function acts(order, state, { send, choose }) {
  const { busy, problem } = state;
  const first = firstOf(order)?.move;
  const wrong = (form) => (problem?.form === form ? html`<p class="problem" role="alert">${problem.sentence}</p>` : nothing);
  const one = (form, label, body) =>
    body
      ? html`<details id="act-${form}" name="act" ?open=${problem?.form === form || undefined}>
          <summary>${label}</summary>
          <form @submit=${(event) => send(form, event)}>${body} ${wrong(form)} ${submit(busy === form, label, form === first)}</form>
        </details>`
      : html`<form id="act-${form}" class=${form === first ? "under-thumb" : ""} @submit=${(event) => send(form, event)}>${wrong(form)} ${submit(busy === form, label, form === first)}</form>`;
  const body = {
    feed_back: () => html`${text("feed_back", t("What was done"))} ${pictureInputs(state.chosen, choose)}`,
  };
  const move = ({ move: name, label, needs_reason, blocked }) => {
    if (blocked) return html`<p class="quiet note-line">${say("%(act)s is not possible yet: %(reason)s", { act: label, reason: blocked })}</p>`;
    const inside = body[name]?.() ?? (needs_reason ? html`${TO_A_DEPARTMENT.includes(name) ? department(state.page, order) : ""} ${reason(name)}` : null);
    return one(name, label, inside);
  };
  const { may } = order;
  const ordered = [...order.buttons].sort((a, b) => (b.move === first) - (a.move === first));
  const asked = order.extensions.find((extension) => extension.state === "requested");
  return html`<section class="card acts" id="acts" aria-label=${t("What you can do")}>
    ${asked && may.decide ? decision(asked, { one, busy, wrong, send }) : ""}
    ${ordered.filter(({ move }) => move === first).map(move)}
    ${may.arrived ? one("arrived", t("Report arrival"), null) : ""}
    ${may.progress ? one("progress", t("Report progress"), text("progress", t("How it goes"))) : ""}
    ${may.attach && first !== "feed_back" ? one("pictures", t("Add pictures"), pictureInputs(state.chosen, choose)) : ""}
    ${may.extend && !asked && !order.extensions.length
      ? one(
          "extend",
          t("Ask for more time"),
          html`<label
              >${say("How much more (%(unit)s, at most %(most)s)", { unit: state.page.extension.unit, most: state.page.extension.most })}
              <input name="amount" type="number" inputmode="decimal" required min="0.5" step="0.5" max=${state.page.extension.most} .value=${drafts.get("extend", "amount")} @input=${drafts.keep("extend")}
            /></label>
            ${reason("extend")}`,
        )
      : ""}
    ${ordered.filter(({ move }) => move !== first).map(move)}
  </section>`;
}

function decision(asked, { busy, wrong, send }) {
  return html`<div class="decision">
    <p><b>${say("%(amount)s %(unit)s more asked for by %(who)s", { amount: asked.amount, unit: asked.unit_label, who: called(asked.requested_by) })}</b></p>
    <p class="prose">${asked.reason}</p>
    <form @submit=${(event) => send("approve", event, asked)}>${wrong("approve")} ${submit(busy === "approve", t("Approve more time"), true)}</form>
    <details name="act">
      <summary>${t("Refuse more time")}</summary>
      <form @submit=${(event) => send("refuse", event, asked)}>${reason("refuse")} ${wrong("refuse")} ${submit(busy === "refuse", t("Refuse more time"))}</form>
    </details>
  </div>`;
}
