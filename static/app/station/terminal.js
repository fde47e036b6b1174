// A terminal that dials in: what it says of itself, its own picture, and asking it: now, or at its next call.

import { html, render } from "lit-html";
import { get, post } from "app/api";
import { minute, ms, second } from "app/clock";
import { called } from "app/person";
import { Stills, stillImage, takenAt } from "app/still";
import { t, say } from "app/words";

const HOUR_MS = 3600000;
const STEPS = [5, 60];
const RESULTS = {
  "": (one) => (one.sent_at ? t("Sent, waiting for the answer") : t("Waiting for the terminal's call")),
  done: () => t("Answered"),
  refused: () => t("Refused by the terminal"),
  unanswered: () => t("No answer"),
  not_connected: () => t("It did not call in time"),
  impossible: () => t("Cannot be told"),
};

/** Draws into ``box``, hidden while there is nothing to tell. @returns {() => Promise<void>} to call when there may be news */
export function terminalCard(hall, id, box) {
  const path = `/api/v1/stations/${id}/terminal`;
  const state = { told: null, kind: "", channel: "", channels: new Set(), hours: 6, step: 60, busy: false, problem: "" };
  const stills = new Stills(() => draw());

  async function load() {
    try {
      state.told = await get(path);
    } catch (refusal) {
      state.problem = refusal.message;
    }
    draw();
  }

  /** What goes with the kind of question: whole hours up to the one that is over, or the elements. */
  function body() {
    const kind = state.kind || state.told.questions[0].value;
    if (kind === "query_elements") return { kind, channels: [...state.channels] };
    if (kind !== "query_period") return { kind };
    const until = Math.floor((hall.clock.now() ?? Date.now()) / HOUR_MS) * HOUR_MS;
    const channel = state.channel || state.told.channels[0]?.value;
    return { kind, channel, step_minutes: state.step, since: new Date(until - state.hours * HOUR_MS).toISOString(), until: new Date(until).toISOString() };
  }

  async function ask(event) {
    event.preventDefault();
    state.busy = true;
    draw();
    try {
      state.told = await post(path, body());
      state.problem = "";
    } catch (refusal) {
      state.problem = refusal.message;
    }
    state.busy = false;
    draw();
  }

  const choose = (name, label, options, chosen) => html`<select name=${name} aria-label=${label} @change=${(event) => ((state[name] = event.target.value), draw())}>
    ${options.map(([value, words]) => html`<option value=${value} ?selected=${value === chosen}>${words}</option>`)}
  </select>`;

  const period = () => html`
    ${choose("channel", t("Element"), state.told.channels.map((one) => [one.value, one.label]), state.channel)}
    <label>${t("Hours back")} <input type="number" min="1" max="48" .value=${String(state.hours)} @change=${(event) => (state.hours = Number(event.target.value))}></label>
    <label>${t("Step")} <select @change=${(event) => (state.step = Number(event.target.value))}>${STEPS.map((n) => html`<option value=${n} ?selected=${n === state.step}>${say("%(minutes)s min", { minutes: n })}</option>`)}</select></label>`;

  const toggle = (channel) => (event) => (event.target.checked ? state.channels.add(channel) : state.channels.delete(channel));
  const elements = () => html`<span class="choices">${state.told.channels.map((one) => html`<label><input type="checkbox" ?checked=${state.channels.has(one.value)} @change=${toggle(one.value)}> ${one.label}</label>`)}</span>`;

  const form = () => html`<form class="ask" @submit=${ask}>
    ${choose("kind", t("What to ask"), state.told.questions.map((one) => [one.value, one.label]), state.kind)}
    ${state.kind === "query_period" ? period() : ""} ${state.kind === "query_elements" ? elements() : ""}
    <button class="button" ?disabled=${state.busy}>${t("Ask the terminal")}</button>
  </form>`;

  const values = (answer) => html`${answer.values.length
    ? html`<ul class="values">${answer.values.slice(-12).map((one) => html`<li>${one.label} ${one.value ?? "–"} ${one.unit} <time>${minute(ms(one.at))}</time></li>`)}</ul>`
    : ""}
    ${answer.count > 12 ? html`<p class="quiet">${say("%(n)s values in all", { n: answer.count })}</p>` : ""}`;

  const answered = (answer) => html`${answer.lines.map((line) => html`<p>${line}</p>`)}
    ${answer.clock ? html`<p>${say("Its clock: %(time)s", { time: second(ms(answer.clock)) })}</p>` : ""} ${values(answer)}`;

  const row = (one) => html`<li class=${["", "done"].includes(one.result) ? "" : "problem"}><time>${second(ms(one.asked_at))}</time> ${one.label}
    <span class="quiet">${(RESULTS[one.result] ?? (() => one.result))(one)}${one.answered_at ? ` · ${second(ms(one.answered_at))}` : ""}${one.error ? ` · ${one.error}` : ""} · ${called(one.asked_by)}</span>
    ${one.answer ? answered(one.answer) : ""}</li>`;

  const picture = () => {
    const still = stills.of(id);
    return html`<figure class="picture">${stillImage(still, t("Picture of the terminal"))}<figcaption class="quiet">${takenAt(still)}</figcaption></figure>`;
  };

  function draw() {
    const told = state.told;
    box.hidden = !told || !(told.questions.length || told.said.length || told.picture_at);
    if (box.hidden) return;
    const may = hall.may.has("station.command") && told.questions.length;
    render(
      html`<h2>${t("Terminal")}</h2>
        <dl class="values">${told.said.map((one) => html`<div><dt>${one.what}</dt><dd>${one.text} <time class="quiet">${minute(ms(one.at))}</time></dd></div>`)}</dl>
        ${told.picture_at && hall.may.has("camera.view") ? picture() : ""} ${may ? form() : ""}
        ${state.problem ? html`<p class="problem" role="alert">${state.problem}</p>` : ""}
        <ol class="history">${told.asked.map(row)}</ol>
        ${told.questions.length && !told.asked.length ? html`<p class="quiet">${t("Nothing was asked so far.")}</p>` : ""}`,
      box,
    );
  }

  return load;
}
