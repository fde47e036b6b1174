// A camera's live picture, as long as somebody watches it, and the views it was taught.

import { html, render } from "lit-html";
import { get, post } from "app/api";
import { LIVE_WORDS, watch } from "app/live_picture";
import { t } from "app/words";

/** Draws into ``box`` and keeps it so. @returns {() => Promise<void>} to call when there may be news */
export function cameraCard(hall, id, box) {
  const path = `/api/v1/stations/${id}/presets`;
  const state = { presets: null, chosen: "", live: null, watching: "", busy: false, problem: "" };
  const screen = document.createElement("div");
  screen.className = "live-picture";

  async function load() {
    if (state.presets) return; // a camera's views seldom change, and each question goes to the camera itself
    state.presets = [];
    try {
      state.presets = await get(path);
    } catch (refusal) {
      state.problem = refusal.message;
    }
    draw();
  }

  async function begin() {
    state.watching = "asking";
    state.problem = "";
    draw();
    try {
      state.live = await watch(screen, id, t("Live picture"), (told) => ((state.watching = told), draw()));
      state.watching = state.live ? state.watching : "none";
    } catch (refusal) {
      state.watching = "";
      state.problem = refusal.message;
    }
    draw();
  }

  function end() {
    state.live?.stop();
    state.live = null;
    state.watching = "";
    draw();
  }

  async function turn({ token }) {
    state.busy = true;
    draw();
    try {
      state.chosen = (await post(path, { token })).token;
      state.problem = "";
    } catch (refusal) {
      state.problem = refusal.message;
    }
    state.busy = false;
    draw();
  }

  const views = () => html`<div class="presets" role="group" aria-label=${t("Presets")}>
    ${state.presets.map(
      (one) => html`<button class="button plain" aria-pressed=${one.token === state.chosen} ?disabled=${state.busy || !hall.may.has("camera.steer")}
        @click=${() => turn(one)}>${one.name}</button>`,
    )}
  </div>`;

  function draw() {
    render(
      html`<h2>${t("Live picture")}</h2>
        <button class="button" @click=${state.live ? end : begin} ?disabled=${state.watching === "asking"}>${state.live ? t("Stop watching") : t("Watch live")}</button>
        <span class="quiet" role="status">${LIVE_WORDS[state.watching]?.() ?? ""}</span>
        ${state.problem ? html`<p class="problem" role="alert">${state.problem}</p>` : ""}
        ${screen}
        ${state.presets?.length ? html`<h3>${t("Presets")}</h3>${views()}` : ""}`,
      box,
    );
  }

  // Nobody watches a page that is left or hidden, and each live picture costs the camera's network its bytes.
  addEventListener("pagehide", end);
  document.addEventListener("visibilitychange", () => document.hidden && state.live && end());
  draw();
  return load;
}
