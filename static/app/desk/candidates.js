// Who could be sent, ranked by the server, with the reason for each place in the list; one of another choice needs a reason.

import { html } from "lit-html";
import { far } from "app/unit";
import { minute, ms } from "app/clock";
import { t, say } from "app/words";

const SHOWN = 3; // of each need; the rest unfolds
const OUT = new Set(["assigned", "accepted", "on_the_way", "on_scene"]);

/** How many were sent for a need already. */
const sent = (need, assignments) =>
  assignments
    .filter((one) => OUT.has(one.state) && one.kind === need.kind && (need.kind !== "store" || one.item === need.skill))
    .reduce((all, one) => all + one.quantity, 0);

/** The first candidate of the first need that is not met. @returns {{need: object, place: object} | null} */
export function firstToSend(needs = [], assignments = []) {
  for (const need of needs) {
    const place = need.places.find(({ take }) => take > 0);
    if (place && sent(need, assignments) < need.quantity) return { need, place };
  }
  return null;
}

/** @param {object} record the incident's panel: ``acting``, ``assign`` */
export function candidates(record, needs, assignments) {
  const first = firstToSend(needs, assignments);
  const { acting } = record;
  const why = (need, place) => `why-${need.kind}-${need.skill}-${place.resource.id}`;
  const row = (need) => (place) => html`<li class="candidate ${place.take ? "" : "beyond"}">
    <span class="place">${place.place}</span>
    <b class="what">${place.resource.name}${need.kind === "store" && place.take ? ` × ${place.take}` : ""}</b>
    <span class="distance" title=${t("As the crow flies; the time is an estimate")}>${far(place.distance_m)}${place.estimate_min == null ? "" : html` · ${say("about %(minutes)s min", { minutes: Math.ceil(place.estimate_min) })}`}</span>
    <button class="button ${first?.place === place ? "first" : ""}" ?disabled=${Boolean(acting.busy)} @click=${() => (place.take ? record.assign(need, place) : acting.toggle(why(need, place)))}>
      ${t("Assign")} ${first?.place === place ? html`<kbd>P</kbd>` : ""}</button>
    <span class="since">${place.stale ? html`<span class="stale">${t("Position out of date")}${place.resource.position_at ? ` ${minute(ms(place.resource.position_at))}` : ""}</span> · ` : ""}${place.reasons.join(" · ")}</span>
    ${acting.form === why(need, place)
      ? acting.drawForm(why(need, place), html`<label>${t("Why this one and not the one proposed?")}<textarea name="reason" required maxlength="2000" rows="2"></textarea></label>`, t("Assign"), ({ reason }) => record.assign(need, place, reason))
      : ""}
  </li>`;
  return html`<div class="needs">
    ${needs.map(
      (need) => html`<details class="need" ?open=${sent(need, assignments) < need.quantity}>
        <summary>${need.kind_label} · ${need.skill_label} × ${need.quantity} <span class="quiet">${say("sent %(count)s", { count: sent(need, assignments) })}</span></summary>
        <ol class="candidates">${need.places.slice(0, SHOWN).map(row(need))}</ol>
        ${need.places.length > SHOWN ? html`<details><summary>${say("%(count)s more", { count: need.places.length - SHOWN })}</summary><ol class="candidates">${need.places.slice(SHOWN).map(row(need))}</ol></details>` : ""}
        ${need.shortfalls.map(({ reason }) => html`<p class="shortfall level-3"><i aria-hidden="true">◆</i> ${reason}</p>`)}
      </details>`,
    )}
  </div>`;
}
