// A new order: to whom, about what, where. What is typed is kept until it was issued; the order's own page follows.

import { html, render } from "lit-html";
import { post } from "app/api";
import { byUrgency } from "app/incident";
import { pickMap } from "app/order/map";
import { drafts, phone } from "app/phone";
import { t, nameOf } from "app/words";

const FORM = "issue";
const root = document.getElementById("issue");
const state = { busy: false, problem: null, place: null };
let hall = null;

const told = (name) => drafts.get(FORM, name);
const keep = (event) => {
  drafts.keep(FORM)(event);
  draw();
};

async function send(event) {
  event.preventDefault();
  if (state.busy) return;
  const form = new FormData(event.target);
  const filled = [...form].filter(([, value]) => value !== "");
  const { area, incident, is_drill, parts: _, ...words } = Object.fromEntries(filled);
  const where = state.place ? { position: state.place } : area ? { area } : {};
  Object.assign(state, { busy: true, problem: null });
  draw();
  try {
    const { id } = await post("/api/v1/orders", { ...words, ...where, incident: incident ?? null, is_drill: Boolean(is_drill), parts: form.getAll("parts") });
    drafts.drop(FORM);
    location.assign(`/orders/${id}/`);
  } catch (refusal) {
    Object.assign(state, { busy: false, problem: refusal });
    draw();
    root.querySelector("[role=alert]")?.scrollIntoView({ block: "center" });
  }
}

const field = (word, input) => html`<label>${word} ${input}</label>`;
const line = (name, most, required) => html`<input name=${name} maxlength=${most} ?required=${required} autocomplete="off" .value=${told(name)} @input=${keep} />`;
const prose = (name, required) => html`<textarea name=${name} maxlength="4000" ?required=${required} .value=${told(name)} @input=${keep}></textarea>`;
const choice = (name, rows, { none, required } = {}) => html`<select name=${name} ?required=${required} @change=${keep}>
  ${none === undefined ? "" : html`<option value="">${none}</option>`} ${rows.map(([value, word]) => html`<option value=${value} ?selected=${value === told(name)}>${word}</option>`)}
</select>`;

/** Incidents that are open, the most urgent first; the order then stands in the incident's timeline. */
const incidents = () =>
  hall.store
    .all("incidents")
    .sort(byUrgency(hall.clock.now() ?? 0))
    .map((one) => [one.id, `${one.number} ${nameOf(one)}`]);

function place() {
  const named = state.place || told("incident");
  return html`<section class="card acts">
    <h2>${t("Place")}</h2>
    <div class="small-map picking" id="map"></div>
    <p class="quiet">${state.place ? html`<output>${state.place.map((degrees) => degrees.toFixed(5)).join(", ")}</output>` : t("Click the place on the map, or name the area.")}</p>
    ${field(t("Area"), choice("area", hall.page.areas, { none: "—", required: !named }))} ${field(t("Address"), line("address", 200))}
  </section>`;
}

function draw() {
  if (!hall) return;
  const { matters, departments, kinds, urgencies, sources } = hall.page;
  const matter = matters.find(({ slug }) => slug === told("matter")) ?? matters[0];
  document.getElementById("name").textContent = t("Issue an order");
  document.title = `${t("Issue an order")} · ${hall.page.title}`;
  render(
    html`<form @submit=${send}>
      <div class="columns">
        <div>
          <section class="card acts">
            ${field(t("Kind"), choice("kind", kinds))}
            ${field(t("Matter"), choice("matter", matters.map(({ slug, name }) => [slug, name]), { required: true }))}
            <p class="quiet note-line">${matter?.limits}</p>
            ${field(t("Urgency"), choice("urgency", urgencies, { none: t("As the matter says") }))}
            ${field(t("Department"), choice("department", departments, { none: t("Choose"), required: true }))}
            <details>
              <summary>${t("Co-units")}</summary>
              <div class="checks">${departments.map(([code, name]) => (code === told("department") ? "" : html`<label class="check"><input type="checkbox" name="parts" value=${code} /> ${name}</label>`))}</div>
            </details>
            ${field(t("Subject"), line("subject", 120, true))} ${field(t("Facts"), prose("facts"))} ${field(t("Requirement"), prose("requirement", true))}
          </section>
        </div>
        <div>
          ${place()}
          <section class="card acts">
            ${field(t("Incident"), choice("incident", incidents(), { none: t("Belongs to none") }))}
            ${told("incident") ? "" : field(t("Source"), choice("source", sources))}
            <label class="check"><input type="checkbox" name="is_drill" /> ${t("Drill")}</label>
          </section>
          ${state.problem ? html`<p class="problem" role="alert">${state.problem.message}</p>` : ""}
          <p class="thumb always"><button class="button first" ?disabled=${state.busy}>${state.busy ? t("Sending…") : t("Issue")}</button></p>
        </div>
      </div>
    </form>`,
    root,
  );
  const map = document.getElementById("map");
  if (!map.dataset.drawn) {
    map.dataset.drawn = "yes";
    pickMap(map, hall.page, (place) => ((state.place = place), draw()));
  }
}

root.classList.add("wide");
hall = phone(draw);
draw();
