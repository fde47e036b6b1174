// The tasks of a unit: what, where, how far, and the next step under one thumb.

import { html, render } from "lit-html";
import { get, post } from "app/api";
import { minute, ms } from "app/clock";
import { drafts, phone } from "app/phone";
import { Positions } from "app/tasks/positions";
import { t, say } from "app/words";

const WITH_REASON = "decline";
const ON_TASK = ["accepted", "on_the_way", "on_scene"];
const STEPS = [
  ["assigned_at", () => t("Assigned")],
  ["accepted_at", () => t("Task accepted")],
  ["on_the_way_at", () => t("On the way")],
  ["on_scene_at", () => t("On scene")],
];

const root = document.getElementById("tasks");
let hall = null;
let positions = null;
let unit = null;
let problem = "";
let busy = "";

async function load() {
  try {
    unit = await get("/api/v1/units/me");
    problem = "";
    positions?.follow(unit.assignments.some(({ state }) => ON_TASK.includes(state)));
  } catch (refusal) {
    problem = refusal.message;
  }
  draw();
}

async function act(assignment, move, reason = "") {
  const what = `${assignment.id}.${move}`;
  if (busy) return;
  busy = what;
  draw();
  try {
    await post(`/api/v1/assignments/${assignment.id}/moves/${move}`, { reason });
    drafts.drop(what);
    await load();
  } catch (refusal) {
    if (refusal.status) await load();
    problem = refusal.message;
  }
  busy = "";
  draw();
}

const distance = (m) => (m < 1000 ? `${Math.round(m)} m` : `${(m / 1000).toFixed(1)} km`);

function card(assignment) {
  const [lon, lat] = assignment.target;
  const steps = assignment.buttons.filter(({ move }) => move !== WITH_REASON);
  // What comes next stands first and large; what would skip a step stays possible, smaller.
  const button = ({ move, label, blocked }, first) =>
    html`<button class="button ${first ? "first" : ""}" ?disabled=${Boolean(busy || blocked)} @click=${() => act(assignment, move)}>${busy === `${assignment.id}.${move}` ? t("Sending…") : label}</button>`;
  const cannot = assignment.buttons.find(({ move }) => move === WITH_REASON);
  const form = `${assignment.id}.${WITH_REASON}`;
  return html`<section class="card task">
    <p class="facts-head"><span class="number">${assignment.incident_number}</span> <b class="state">${assignment.glyph} ${assignment.state_label}</b></p>
    <h2 class="order-title">${assignment.task || say("To incident %(number)s", { number: assignment.incident_number })}</h2>
    ${assignment.item ? html`<p>${assignment.item_label} × ${assignment.quantity}</p>` : ""}
    <p>${say("%(distance)s away in a straight line when assigned", { distance: distance(assignment.distance_m) })} · <a href="geo:${lat},${lon}?q=${lat},${lon}">${t("Open in a map")}</a></p>
    <p class="quiet">${STEPS.filter(([stamp]) => assignment[stamp]).map(([stamp, word]) => html`<span class="step">${word()} ${minute(ms(assignment[stamp]))}</span> `)}</p>
    <div class="acts">
      ${steps.map((step, i) => button(step, i === 0))}
      ${cannot
        ? html`<details>
            <summary>${cannot.label}</summary>
            <form
              @submit=${(event) => {
                event.preventDefault();
                act(assignment, WITH_REASON, new FormData(event.target).get("reason"));
              }}
            >
              <label>${t("Reason")} <textarea name="reason" required maxlength="2000" .value=${drafts.get(form, "reason")} @input=${drafts.keep(form)}></textarea></label>
              <button class="button" ?disabled=${Boolean(busy)}>${cannot.label}</button>
            </form>
          </details>`
        : ""}
    </div>
  </section>`;
}

const POSITION = {
  off: () => t("Your position is reported only while you are on a task."),
  waiting: () => t("Looking for the position…"),
  sending: () => say("Position reported at %(time)s", { time: minute(positions.last) }),
  denied: () => t("The phone does not allow the position: report your arrival by hand."),
  unavailable: () => t("This phone or connection gives no position: report your arrival by hand."),
};

function draw() {
  if (!hall) return;
  document.getElementById("name").textContent = unit ? unit.name : t("Tasks");
  document.title = `${t("Tasks")} · ${hall.page.title}`;
  render(
    html`${problem ? html`<p class="problem" role="alert">${problem}</p>` : ""}
      ${unit ? html`<p><b>${unit.state_label}</b> <span class="quiet">${unit.kind_label}${unit.department_name ? ` · ${unit.department_name}` : ""}</span></p>` : problem ? "" : html`<p class="quiet nothing">${t("Loading")}</p>`}
      ${unit?.assignments.map(card)} ${unit && !unit.assignments.length ? html`<p class="quiet nothing">${t("No task. A new one appears here by itself.")}</p>` : ""}
      ${unit ? html`<p class="quiet note-line" role="status">${POSITION[positions.state]()}</p>` : ""}`,
    root,
  );
}

hall = phone(draw);
positions = new Positions(hall.clock);
positions.addEventListener("state", draw);
hall.store.addEventListener("change", ({ touched }) => touched.has("units") && load());
hall.live.addEventListener("state", () => hall.live.state === "live" && load());
load();
