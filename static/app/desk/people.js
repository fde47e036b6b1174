// People at the desk: who is on duty, who is called for an alarm, what did not go out, and the sound test of a shift.

import { html } from "lit-html";
import { dialog } from "app/desk/dialogs";
import { post } from "app/api";
import { minute, ms } from "app/clock";
import { badge } from "app/level";
import { count, t, say } from "app/words";

/** The roster's rows of now. */
export function onDuty({ store, clock }) {
  const now = clock.now() ?? 0;
  return store.all("roster").filter(({ since, until }) => since <= now && now < until);
}

/** Who is on duty, in the bar; that nobody is, as loud as a broken line. */
export function dutyMark(hall) {
  if (!hall.may.has("duty.view") || !hall.store.ready) return "";
  const people = onDuty(hall);
  const unsent = hall.store.all("messages").length;
  const order = (one) => [one.position === "leader" ? 1 : 0, -one.area.length, one.desk];
  const sorted = people.sort((a, b) => order(a).reduce((sum, part, i) => sum || part - order(b)[i], 0));
  const names = sorted.map(({ name, position }) => (position === "leader" ? say("%(name)s (leader)", { name }) : name));
  return html`<a class="button ${people.length ? "plain" : "warning"} on-duty" href="/duty/roster/" title=${names.join("、")}>${people.length ? say("On duty: %(names)s", { names: names.join("、") }) : t("Nobody on the duty roster")}</a>
    ${unsent ? html`<a class="button alert unsent" href="/duty/messages/">${count("%(count)s message not sent", "%(count)s messages not sent", unsent)}</a>` : ""}`;
}

const STEPS = {
  own_desk: () => t("Own desk"),
  next_desk: () => t("Next desk"),
  shift_leader: () => t("Shift leader"),
  outside: () => t("Telephone and short message"),
};

const SENT = { sent: () => t("sent"), waiting: () => t("being sent"), failed: () => t("failed"), no_channel: () => t("no channel"), cancelled: () => t("taken back"), noted: () => t("not sent") };

const BAD = ["failed", "no_channel", "noted"];

/** At which step an alarm stands and who was called. @param {object | undefined} call @returns a line, or nothing */
export function callLine(call) {
  if (!call?.steps.length) return "";
  const told = call.steps.map(({ step, at, who }) =>
    who.length
      ? html`<span>${STEPS[step]()} ${who.map(({ name }) => name).join("、")} ${minute(ms(at))}</span>`
      : html`<span class="gap">${STEPS[step]()}: ${t("nobody on duty")}</span>`,
  );
  const states = [...new Set(call.messages.map(({ state }) => state))];
  return html`<span class="called">${say("Called, step %(n)s of %(of)s", { n: call.steps.length, of: call.plan.length })}:
    ${told.map((part, i) => html`${i ? " → " : ""}${part}`)}
    ${states.map((state) => html` <span class=${BAD.includes(state) ? "gap" : ""}>(${SENT[state]()})</span>`)}</span>`;
}

/** Whether this person's shift has begun without a sound test. */
export function isTestDue(hall) {
  if (!hall.may.has("handover.sign")) return false;
  const mine = onDuty(hall).filter(({ user }) => user === hall.page.who);
  return mine.some(({ since }) => since > (hall.page.sound.tested_at ?? 0));
}

/** Each level's tone and a sentence; what the officer says is kept with the shift's handover. */
export function showSoundTest(hall, sound, tell) {
  const { element, draw } = dialog(t("Sound test"));
  const speak = () => sound.voice.speak([t("Sound test. Can you hear this?")], () => {});
  const result = async (heard) => {
    try {
      await post("/api/v1/duty/sound-tests", { heard, voice: sound.voice.there });
      hall.page.sound.tested_at = hall.clock.now();
      tell(heard ? t("Sound test recorded: heard.") : t("Sound test recorded: not heard. Have the loudspeaker seen to."), !heard);
      element.close();
    } catch (refusal) {
      tell(refusal.message, true);
    }
  };
  draw(html`<div class="sound-test">
    ${sound.muted ? html`<p class="problem">${t("Sound off")}</p>` : ""}
    <p>${[1, 2, 3, 4].map((level) => html`<button class="button" data-level=${level} @click=${() => sound.tone(level)}>${badge(level)}</button> `)}
      <button class="button" ?disabled=${!sound.voice.there} @click=${speak}>${t("Voice")}</button></p>
    ${sound.voice.there ? "" : html`<p class="problem">${t("This browser has no voice for this language: only tones sound.")}</p>`}
    <p class="act-foot"><button class="button first" @click=${() => result(true)}>${t("Heard")}</button>
      <button class="button danger" @click=${() => result(false)}>${t("Not heard")}</button></p>
  </div>`);
}
