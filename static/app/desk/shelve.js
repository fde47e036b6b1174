// Shelving: for how long and why, or, where an alarm lies on a shelf or is asked for, what becomes of that.

import { html } from "lit-html";
import { post } from "app/api";
import { sentence } from "app/alarm";
import { dialog } from "app/desk/dialogs";
import { badge } from "app/level";
import { t, say, nameOf } from "app/words";

const MINUTES = [15, 30, 60, 120, 240, 480, 720, 1440];
const span = (minutes) => (minutes < 60 ? say("%(n)s min", { n: minutes }) : say("%(n)s h", { n: minutes / 60 }));
const isShelved = (alarm) => (alarm.suppressions ?? []).some(({ cause }) => cause === "shelved");

/** What the answer says, in one sentence for all, and whether nothing was done. */
function told({ alarms }) {
  const outcomes = Object.values(alarms);
  const tally = (outcome) => outcomes.filter((one) => one.outcome === outcome).length;
  const parts = [];
  if (tally("done")) parts.push(say("%(count)s done.", { count: tally("done") }));
  if (tally("asked")) parts.push(say("%(count)s wait for a second person.", { count: tally("asked") }));
  parts.push(...new Set(outcomes.map(({ error }) => error).filter(Boolean)));
  if (tally("unknown")) parts.push(say("%(count)s no longer there.", { count: tally("unknown") }));
  return [parts.join(" "), !tally("done") && !tally("asked")];
}

/**
 * @param {object} hall @param {object[]} alarms marked or selected @param {(sentence: string, bad?: boolean) => void} tell
 * @param {() => void} done after an act
 */
export function showShelve(hall, alarms, tell, done) {
  const shelved = alarms.filter(isShelved);
  const asked = alarms.filter((alarm) => alarm.asked);
  const others = asked.filter((alarm) => alarm.asked.by !== hall.page.who);
  const free = alarms.filter((alarm) => !isShelved(alarm) && !alarm.asked);
  const worst = Math.min(4, ...free.map(({ level }) => level));
  const longest = hall.page.shelve.longest_h[4 - worst] * 60; // blue first
  const minutes = MINUTES.filter((one) => one <= longest);
  const { element, draw } = dialog(t("Shelve"));

  const act = async (name, chosen, more = {}) => {
    try {
      tell(...told(await post(`/api/v1/alarms/${name}`, { ids: chosen.map(({ id }) => id), ...more })));
      element.close();
      done();
    } catch (refusal) {
      body(refusal.message);
    }
  };
  const submit = (event) => {
    event.preventDefault();
    const given = Object.fromEntries(new FormData(event.target));
    act("shelve", free, { minutes: Number(given.minutes), reason: given.reason });
  };
  const list = (chosen) => html`<ul>${chosen.map((alarm) => html`<li>${badge(alarm.level)} ${nameOf(alarm)} ${sentence(alarm)}</li>`)}</ul>`;

  const body = (problem = "") =>
    draw(html`${problem ? html`<p class="problem" role="alert">${problem}</p>` : ""}
      ${shelved.length
        ? html`<h3>${t("Shelved")}</h3>
            ${list(shelved)}
            <p class="act-foot"><button class="button" @click=${() => act("unshelve", shelved)}>${t("Unshelve")}</button></p>`
        : ""}
      ${asked.length
        ? html`<h3>${t("Waits for a second person")}</h3>
            ${list(asked)}
            <p class="act-foot">
              ${others.length ? html`<button class="button first" @click=${() => act("confirm-shelving", others)}>${t("Confirm as second person")}</button>` : ""}
              <button class="button" @click=${() => act("unshelve", asked)}>${others.length ? t("Refuse") : t("Take it back")}</button>
            </p>`
        : ""}
      ${free.length
        ? html`<form class="act" data-form="shelve" @submit=${submit}>
            ${list(free)}
            <label>${t("For how long")}<select name="minutes">${minutes.map((one) => html`<option value=${one} ?selected=${one === Math.min(60, longest)}>${span(one)}</option>`)}</select></label>
            <label>${t("Reason")}<textarea name="reason" required maxlength="500" rows="2"></textarea></label>
            ${worst <= hall.page.shelve.second_person ? html`<p class="quiet">${t("This level needs a second person. Until then it goes on calling.")}</p>` : ""}
            <p class="quiet">${t("It calls by itself when the time is over, or when it becomes worse.")}</p>
            <p class="act-foot"><button class="button first">${t("Shelve")}</button></p>
          </form>`
        : ""}`);
  body();
  element.querySelector("textarea")?.focus();
}
