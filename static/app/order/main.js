// One order on one page: what, where, who, its clocks, what one can do, pictures, history. The server lists the buttons.

import { html, render } from "lit-html";
import { get, post } from "app/api";
import { acts, firstOf } from "app/order/acts";
import { smallMap } from "app/order/map";
import { clocks, facts, head, history, pictures, words } from "app/order/parts";
import { drafts, phone } from "app/phone";
import { explain } from "app/refusal";
import { t, say } from "app/words";
import { asOnTheWire, stateWord } from "app/workorder";

const root = document.getElementById("order");
const state = { page: null, busy: "", problem: null, chosen: {}, done: "" };
const reading = { whole: new Set(), show: (name) => (reading.whole.add(name), draw()) };
let order = null;
let gone = "";
let hall = null;
let id = null;

const address = (rest = "") => `/api/v1/orders/${id}${rest}`;

async function load() {
  try {
    order = asOnTheWire(await get(address()));
    gone = "";
  } catch (refusal) {
    if (refusal.status === 404) gone = refusal.message;
    else if (!order) gone = refusal.message;
  }
  draw();
}

/** Send a file with its tag; a file that went through is not sent again, however often the form is. */
async function upload(tag, file) {
  const body = new FormData();
  body.append("file", file, file.name);
  body.append("tag", tag);
  await post(address("/attachments"), body);
  delete state.chosen[tag];
}

async function uploadChosen() {
  for (const [tag, file] of Object.entries(state.chosen)) await upload(tag, file);
}

const SENT = {
  arrived: () => post(address("/arrival"), {}),
  progress: ({ text }) => post(address("/progress"), { text }),
  extend: ({ amount, reason }) => post(address("/extensions"), { amount: Number(amount), reason }),
  approve: (_, { id: one }) => post(address(`/extensions/${one}`), { approve: true }),
  refuse: ({ reason }, { id: one }) => post(address(`/extensions/${one}`), { approve: false, reason }),
  accept: ({ reason }, { id: one }) => post(address(`/evidence/${one}/accept`), { reason }),
  async feed_back({ text }) {
    await uploadChosen();
    return post(address("/moves/feed_back"), { text });
  },
  pictures: uploadChosen,
};

/** @param {string} form a name of SENT, or a move of the table @param {object} one the record it is about, if another */
async function send(form, event, one) {
  event.preventDefault();
  if (state.busy) return;
  const told = Object.fromEntries([...new FormData(event.target)].filter(([, value]) => typeof value === "string"));
  Object.assign(state, { busy: form, problem: null, done: "" });
  const label = event.submitter?.textContent.trim() ?? "";
  const details = event.target.closest("details");
  draw();
  try {
    await (SENT[form] ?? (() => post(address(`/moves/${form}`), told)))(told, one);
    drafts.drop(form);
    event.target.reset();
    details?.removeAttribute("open");
    state.done = say("Done: %(act)s", { act: label });
  } catch (refusal) {
    state.problem = { form, sentence: sentenceOf(refusal) };
  }
  state.busy = "";
  await load();
  // Where somebody was quicker the form is gone: what stood against it is told at the top.
  if (state.problem && !root.querySelector("[role=alert]")) {
    state.problem.form = "";
    draw();
  }
  root.querySelector("[role=alert]")?.scrollIntoView({ block: "nearest" });
}

function sentenceOf(refusal) {
  if (refusal.status === 0) return say("%(sentence)s What you wrote is kept.", { sentence: refusal.message });
  return explain(refusal, stateWord);
}

function choose(tag, file) {
  if (file) state.chosen[tag] = file;
  else delete state.chosen[tag];
  draw();
}

const accept = (one) => html`<details>
  <summary>${t("Accept it all the same")}</summary>
  <form class="acts" @submit=${(event) => send("accept", event, one)}>
    <label>${t("Reason")} <textarea name="reason" required></textarea></label>
    ${state.problem?.form === "accept" ? html`<p class="problem" role="alert">${state.problem.sentence}</p>` : ""}
    <button class="button" ?disabled=${state.busy}>${t("Accept the picture")}</button>
  </form>
</details>`;

/** What this reader is waited for, under the thumb: done at once, or led to its form. */
function thumb() {
  const first = firstOf(order);
  if (!first || first.blocked) return "";
  const open = () => {
    const place = document.getElementById(`act-${first.move}`);
    if (place.tagName === "DETAILS") place.open = true;
    place.scrollIntoView({ block: "start" });
    (place.querySelector("textarea") ?? place.querySelector("button"))?.focus({ preventScroll: true });
  };
  const act = () => {
    const place = document.getElementById(`act-${first.move}`);
    place.tagName === "FORM" ? place.requestSubmit(place.querySelector("button")) : open();
  };
  return html`<p class="thumb"><button class="button first" ?disabled=${Boolean(state.busy)} @click=${act}>${state.busy === first.move ? t("Sending…") : first.label}</button></p>`;
}

function draw() {
  if (!hall) return;
  if (!order || gone) {
    render(html`<p class=${gone ? "problem" : "quiet nothing"} role="status">${gone || t("Loading")}</p>`, root);
    return;
  }
  const now = hall.clock.now() ?? Date.now();
  document.title = `${order.number} · ${hall.page.title}`;
  document.getElementById("name").textContent = order.number;
  const fedBack = order.result !== ""; // who verifies looks at the pictures before deciding
  const anything = order.buttons.length || Object.values(order.may).some(Boolean);
  render(
    html`${state.done ? html`<p class="done-line" role="status">✓ ${state.done}</p>` : ""}
      ${state.problem?.form === "" ? html`<p class="problem" role="alert">${state.problem.sentence}</p>` : ""}
      <div class="columns">
        <div>${head(order, now)} ${clocks(order, now)} ${words(order, reading)} ${fedBack ? pictures(order, accept) : ""}
          ${anything ? acts(order, state, { send, choose }) : ""} ${fedBack ? "" : pictures(order, accept)}</div>
        <div>
          ${facts(order)}
          ${order.position ? html`<section class="card"><h2>${t("Place")}</h2><p>${order.address}</p><div class="small-map" id="map"></div></section>` : ""}
          ${history(order)}
        </div>
      </div>
      ${thumb()}`,
    root,
  );
  const map = document.getElementById("map");
  if (map && !map.dataset.drawn) {
    map.dataset.drawn = "yes";
    smallMap(map, order.position, hall.page);
  }
}

root.classList.add("wide");
hall = phone(draw);
id = hall.page.order;
state.page = hall.page;
hall.store.addEventListener("change", ({ touched }) => touched.get("orders")?.has(id) && load());
hall.live.addEventListener("state", () => hall.live.state === "live" && load());
load();
