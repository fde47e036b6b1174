// A camera's last picture with the time it was taken. Fetched, so that the answer's own time can be told.

import { html } from "lit-html";
import { minute } from "app/clock";
import { t, say } from "app/words";

/** Pictures by camera; the object address of a picture that is replaced is given back. */
export class Stills {
  /** @param {() => void} redraw called when a picture came */
  constructor(redraw, everyMs = 10000) {
    this._redraw = redraw;
    this._every = everyMs;
    this._kept = new Map();
  }

  /** The picture of a camera as known now; asks for a newer one when it is time. */
  of(id) {
    let kept = this._kept.get(id);
    if (!kept) this._kept.set(id, (kept = { url: null, taken: null, etag: null, asked: -Infinity, missing: false }));
    if (performance.now() - kept.asked > this._every) {
      kept.asked = performance.now();
      this._ask(id, kept);
    }
    return kept;
  }

  async _ask(id, kept) {
    try {
      const answer = await fetch(`/stations/${id}/still`, { credentials: "same-origin", signal: AbortSignal.timeout(8000) });
      kept.missing = !answer.ok;
      const etag = answer.headers.get("ETag");
      if (answer.ok && etag !== kept.etag) {
        const url = URL.createObjectURL(await answer.blob());
        if (kept.url) URL.revokeObjectURL(kept.url);
        Object.assign(kept, { url, etag, taken: Date.parse(answer.headers.get("X-Taken-At")) });
      }
    } catch {
      // the wire tells that the server is gone; the last picture stays, with its time
    }
    this._redraw();
  }

  /** Give back the pictures of cameras that are not shown any more. */
  keep(ids) {
    for (const [id, { url }] of this._kept) {
      if (ids.has(id)) continue;
      if (url) URL.revokeObjectURL(url);
      this._kept.delete(id);
    }
  }
}

/** @param {{url: string | null, taken: number | null, missing: boolean}} still */
export const stillImage = (still, name) =>
  still.url ? html`<img alt=${name} src=${still.url} />` : html`<p class="no-picture quiet">${still.missing ? t("No picture yet.") : t("Loading")}</p>`;

export const takenAt = (still) => (still.taken ? html`<time>${say("Picture of %(time)s", { time: minute(still.taken) })}</time>` : "");
