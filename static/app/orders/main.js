// The inbox: orders of the departments one answers for, the most urgent first; the hall sees everybody's.

import { html, render } from "lit-html";
import { repeat } from "lit-html/repeat";
import { get } from "app/api";
import { phone } from "app/phone";
import { asOnTheWire, byUrgency, cardClass, colourAt, departmentOf, orderCard } from "app/workorder";
import { t, say } from "app/words";

const MOST = 100; // cards drawn; the rest is counted
const WITH_DEPARTMENT = ["issued", "signed", "handling"];

/** What each filter lets through, and how it is called. */
const VIEWS = {
  all: [() => t("All open"), () => true],
  sign: [() => t("To sign"), ({ state }) => state === "issued"],
  work: [() => t("In hand"), ({ state }) => state === "signed" || state === "handling"],
  hall: [() => t("With the hall"), ({ state }) => !WITH_DEPARTMENT.includes(state)],
};

const told = { view: sessionStorage.getItem("onemap.orders.view") ?? "all", text: "", department: "", done: null, problem: "" };
const root = document.getElementById("orders");
let hall = null;

function choose(view) {
  told.view = view;
  sessionStorage.setItem("onemap.orders.view", view);
  if (view === "done") loadDone();
  draw();
}

async function loadDone() {
  try {
    told.done = (await get("/api/v1/orders?view=done")).orders.map(asOnTheWire);
    told.problem = "";
  } catch (refusal) {
    told.problem = refusal.message;
  }
  draw();
}

const matches = (order) =>
  (!told.department || order.department === told.department) &&
  (!told.text || [order.number, order.subject, order.incident_number, departmentOf(order)].some((part) => part?.toLowerCase().includes(told.text)));

function draw() {
  if (!hall) return;
  const now = hall.clock.now() ?? 0;
  const open = hall.store.all("orders").sort(byUrgency(now));
  const shown = (told.view === "done" ? (told.done ?? []) : open.filter((VIEWS[told.view] ?? VIEWS.all)[1])).filter(matches);
  const departments = [...new Map(open.map((order) => [order.department, departmentOf(order)]))];
  const late = open.filter((order) => colourAt(order, now) === "red").length;
  const soon = open.filter((order) => colourAt(order, now) === "amber").length;
  const button = (view, word, count) => html`<button class="button" aria-pressed=${told.view === view} @click=${() => choose(view)}>${word}${count === null ? "" : html` <b>${count}</b>`}</button>`;
  document.title = `${late ? `(${late}) ` : ""}${t("Work orders")} · ${hall.page.title}`;
  document.getElementById("name").textContent = t("Work orders");
  render(
    html`<p class="tally" role="status">
        ${late ? html`<b class="level-1 coloured">▲ ${say("%(count)s overdue", { count: late })}</b>` : ""}
        ${soon ? html`<b class="level-3 coloured">◆ ${say("%(count)s due soon", { count: soon })}</b>` : ""}
        ${hall.store.ready && !late && !soon ? html`<span class="quiet">${t("Nothing is overdue or due soon.")}</span>` : ""}
        ${hall.may.has("order.issue") ? html`<a class="button" href="/orders/new/">${t("Issue an order")}</a>` : ""}
      </p>
      <div class="filters">
        ${Object.entries(VIEWS).map(([view, [word, test]]) => button(view, word(), open.filter(test).length))} ${button("done", t("Done"), null)}
      </div>
      <div class="search">
        <input type="search" aria-label=${t("Find by number or words")} placeholder=${t("Find by number or words")} @input=${(event) => ((told.text = event.target.value.trim().toLowerCase()), draw())} />
        ${departments.length > 1
          ? html`<select aria-label=${t("Department")} @change=${(event) => ((told.department = event.target.value), draw())}>
              <option value="">${t("All departments")}</option>
              ${departments.map(([code, name]) => html`<option value=${code}>${name}</option>`)}
            </select>`
          : ""}
      </div>
      ${told.problem && told.view === "done" ? html`<p class="problem" role="alert">${told.problem}</p>` : ""}
      <ol class="order-list">
        ${repeat(
          shown.slice(0, MOST),
          ({ id }) => id,
          (order) => html`<li class=${cardClass(order, now)}><a href="/orders/${order.id}/">${orderCard(order, now)}</a></li>`,
        )}
      </ol>
      ${shown.length > MOST ? html`<p class="quiet nothing">${say("%(count)s more, less urgent", { count: shown.length - MOST })}</p>` : ""}
      ${shown.length || told.problem ? "" : html`<p class="quiet nothing">${nothingHere(open)}</p>`}`,
    root,
  );
}

function nothingHere(open) {
  if (!hall.store.ready || (told.view === "done" && !told.done)) return t("Loading");
  return open.length || told.view === "done" ? t("No order fits.") : t("No open orders. New ones appear here by themselves.");
}

hall = phone(draw);
if (told.view === "done") loadDone();
