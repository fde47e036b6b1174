// Keys, and walls: who asks to be let in, who is in.

import { html, render } from "lit-html";
import { get, post } from "app/api";
import { called } from "app/person";
import { t, say } from "app/words";

const KEYS = [
  [["/"], () => t("Command or place")],
  [["1", "2", "3"], () => t("Alarms, incidents, work orders")],
  [["J", "K"], () => t("Next and previous row")],
  [["V"], () => t("Next view of the list")],
  [["X"], () => t("Mark the alarm, for several at once")],
  [["A"], () => t("Acknowledge the marked alarms, or the selected one")],
  [["S"], () => t("Shelve the marked alarms, or the selected one; unshelve; confirm as second person")],
  [["U"], () => t("Only unacknowledged alarms, or all")],
  [["I"], () => t("Open the incident of the alarm")],
  [["C"], () => t("Confirm the incident: level, kind, owner")],
  [["H"], () => t("I am on it, or give it back")],
  [["P"], () => t("Send the first unit of the list")],
  [["D"], () => t("Issue a work order")],
  [["N"], () => t("Add a note")],
  [["R"], () => t("Report an incident by hand")],
  [["M"], () => t("Show the place on the map")],
  [["O"], () => t("Open the station's or the order's page")],
  [["E"], () => t("Emergency mode, or back: shift leader")],
  [["W"], () => t("Walls")],
  [["T"], () => t("Dark or light")],
  [["?"], () => t("This list")],
];

export function dialog(title, body = "") {
  const element = document.createElement("dialog");
  document.getElementById("dialogs").replaceChildren(element);
  const draw = (inside) =>
    render(
      html`<header><h2>${title}</h2><form method="dialog"><button class="button plain" aria-label=${t("Close")}>✕</button></form></header>${inside}`,
      element,
    );
  element.addEventListener("close", () => element.remove());
  draw(body);
  element.showModal();
  return { element, draw };
}

export const showKeys = () =>
  dialog(t("Keys"), html`<dl class="keys">${KEYS.map(([keys, what]) => html`<div><dt>${keys.map((key) => html`<kbd>${key}</kbd> `)}</dt><dd>${what()}</dd></div>`)}</dl>`);

export async function showWalls(hall) {
  const { element, draw } = dialog(t("Walls"), html`<p class="quiet">${t("Loading")}</p>`);
  let problem = "";
  const act = async (path, body) => {
    try {
      await post(path, body);
      problem = "";
    } catch (refusal) {
      problem = refusal.message;
    }
    await load();
  };
  const approve = (event) => {
    event.preventDefault();
    const { code, name, layout } = Object.fromEntries(new FormData(event.target));
    act("/walls/approve", { code, name, layout });
  };
  const body = ({ pending, walls }) => html`
    ${problem ? html`<p class="problem" role="alert">${problem}</p>` : ""}
    <h3>${t("Screens that ask to be let in")}</h3>
    ${pending.length ? "" : html`<p class="quiet">${t("None. Open /wall/ on the screen; its code appears here.")}</p>`}
    ${pending.map(
      ({ code, address }) => html`<form class="pending" @submit=${approve}>
        <input type="hidden" name="code" value=${code} /><b class="code">${code}</b><span class="quiet">${address}</span>
        <input name="name" required maxlength="80" placeholder=${t("Name of the wall")} aria-label=${t("Name of the wall")} />
        <select name="layout" aria-label=${t("Layout")}>
          <option value="">${t("By shape")}</option><option value="standard">16:9</option><option value="triple">3 × 16:9</option><option value="double">2 × 16:9</option>
        </select>
        <button class="button first" ?disabled=${!hall.may.has("wall.approve")}>${t("Let in")}</button>
      </form>`,
    )}
    <h3>${t("Walls")}</h3>
    <ul class="walls">
      ${walls.map(
        (wall) => html`<li><b>${wall.name}</b> <span class="quiet">${wall.last_address ?? ""} · ${say("let in by %(who)s", { who: called(wall.approved_by) })}</span>
          ${wall.revoked_at
            ? html`<span class="quiet">${t("Revoked")}</span>`
            : html`<button class="button" ?disabled=${!hall.may.has("wall.revoke")} @click=${() => act(`/walls/${wall.id}/revoke`)}>${t("Revoke")}</button>`}
        </li>`,
      )}
      ${walls.length ? "" : html`<li class="quiet">${t("No wall was let in yet.")}</li>`}
    </ul>`;
  async function load() {
    try {
      const told = await get("/walls/");
      if (element.isConnected && !element.querySelector("input[name=name]:focus, select:focus")) draw(body(told));
    } catch (refusal) {
      draw(html`<p class="problem" role="alert">${refusal.message}</p>`);
    }
  }
  await load();
  const timer = setInterval(() => (element.isConnected ? load() : clearInterval(timer)), 3000);
}
