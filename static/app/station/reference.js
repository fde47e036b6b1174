// A person says that a camera looks where it should: its newest picture is what the next ones are compared with.

import { html } from "lit-html";
import { post } from "app/api";
import { flawOf } from "app/stations";
import { t } from "app/words";

let told = "";

/** @param {object} hall @param {object} camera @param {() => void} redraw */
export function reference(hall, camera, redraw) {
  if (camera.kind !== "camera" || !hall.may.has("maintenance.overrule")) return "";
  const take = async (event) => {
    event.preventDefault();
    const form = event.target;
    try {
      await post(`/api/v1/stations/${camera.id}/reference`, { reason: form.elements.reason.value });
      told = t("Kept: the next pictures are compared with this one.");
      form.reset();
    } catch (refusal) {
      told = refusal.message;
    }
    redraw();
  };
  return html`<details ?open=${Boolean(flawOf(camera))}><summary>${t("This is the right view")}</summary>
    <form class="acts" @submit=${take}>
      <input name="reason" required maxlength="500" placeholder=${t("Reason")} aria-label=${t("Reason")} />
      <button class="button">${t("Take it as reference")}</button>
    </form>
    <p class="quiet" role="status">${told}</p></details>`;
}
