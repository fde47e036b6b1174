// The switch to emergency mode and back: first what and why, then the word that all screens of the hall will follow.

import { html } from "lit-html";
import { post } from "app/api";
import { dialog } from "app/desk/dialogs";
import { option } from "app/desk/acting";
import { explain } from "app/refusal";
import { byUrgency } from "app/incident";
import { isEmergency, modeOf } from "app/hallmode";
import { person } from "app/person";
import { minute } from "app/clock";
import { t, say, nameOf } from "app/words";

const WORDS = { emergency: () => t("Emergency mode"), routine: () => t("Routine mode") };

/** @param {object} hall @param {string | null} incident chosen at the desk @param {Function} tell */
export function showMode(hall, incident, tell) {
  const entering = !isEmergency(hall);
  const target = entering ? "emergency" : "routine";
  const { element, draw } = dialog(entering ? t("Switch the hall to emergency mode") : t("End emergency mode"));
  const told = { incident, reason: "" };
  const found = hall.store.all("incidents").sort(byUrgency(hall.clock.now() ?? 0));
  const first = (problem = "") => {
    const next = (event) => {
      event.preventDefault();
      Object.assign(told, Object.fromEntries(new FormData(event.target)));
      second();
    };
    draw(html`<form class="act" @submit=${next}>
      ${problem ? html`<p class="problem" role="alert">${problem}</p>` : ""}
      ${entering
        ? found.length
          ? html`<label>${t("Incident whose scene the walls show")}<select name="incident" required>${found.map((one) => option(one.id, `${one.number} ${nameOf(one)}`, told.incident))}</select></label>`
          : html`<p class="problem">${t("There is no open incident to lock the walls on.")}</p>`
        : ""}
      <label>${t("Reason")}<textarea name="reason" required maxlength="500" rows="2">${told.reason}</textarea></label>
      <p class="act-foot"><button class="button first" ?disabled=${entering && !found.length}>${t("Next")}</button> <span class="quiet">${t("Step 1 of 2")}</span></p>
    </form>`);
  };
  const second = () => {
    const chosen = hall.store.layer("incidents").get(told.incident);
    const go = async (event) => {
      event.preventDefault();
      event.submitter.disabled = true;
      try {
        await post("/api/v1/hall/mode", { mode: target, incident: entering ? told.incident : null, reason: told.reason });
        tell(say("%(mode)s is on.", { mode: WORDS[target]() }));
        element.close();
      } catch (refusal) {
        first(explain(refusal, (state) => WORDS[state]?.() ?? state));
      }
    };
    draw(html`<form class="act" @submit=${go}>
      <p class="big">${entering ? say("All walls of the hall will lock on “%(incident)s”.", { incident: nameOf(chosen) }) : t("All walls of the hall go back to routine.")}</p>
      <p class="quiet">${told.reason}</p>
      <p class="act-foot"><button class="button danger">${entering ? t("Switch now") : t("End it now")}</button>
        <button class="button plain" type="button" @click=${() => first()}>${t("Back")}</button> <span class="quiet">${t("Step 2 of 2")}</span></p>
    </form>`);
    element.querySelector("button.danger").focus();
  };
  first();
}

/** The red strip of the desk while emergency mode is on. */
export function modeStrip(hall) {
  const mode = modeOf(hall);
  return mode?.mode === "emergency" ? html`<span class="emergency-mark">${t("Emergency mode")} · ${say("since %(time)s", { time: minute(mode.at) })} ${person(mode.by)}</span>` : "";
}
