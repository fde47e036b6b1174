// Pictures in canvases: asked for only when the bell said that there is a newer one, decoded beside the main thread, and
// given back when they are replaced.

const AT_ONCE = 4; // requests: a wall of sixteen never fills the connections that the acts of people need
const TIMEOUT_MS = 8000;
const AGAIN_MS = 15000; // a camera whose bell is not heard is asked for all the same

export class Pictures {
  /** @param {(id: string) => void} came called when a camera's picture is new, or known to be missing */
  constructor(came) {
    this._came = came;
    this._kept = new Map();
    this._waiting = new Map();
    this._busy = 0;
  }

  /**
   * A camera's picture as it is now; asks for a newer one where ``number`` or ``width`` differs from what is shown.
   * @param {number | null} number of the newest picture, as the wire tells it
   * @param {number} width in device pixels: decoded no larger
   * @returns {{canvas: HTMLCanvasElement, taken: number | null, missing: boolean}}
   */
  of(id, number, width) {
    let kept = this._kept.get(id);
    if (!kept) {
      const canvas = document.createElement("canvas");
      canvas.width = canvas.height = 1;
      kept = { id, canvas, paper: canvas.getContext("bitmaprenderer"), taken: null, etag: null, number: undefined, width: 0, asked: -Infinity, missing: false, busy: false };
      this._kept.set(id, kept);
    }
    const late = performance.now() - kept.asked > AGAIN_MS;
    if (!kept.busy && (late || number !== kept.number || width > kept.width * 1.2)) this._waiting.set(id, [number, width]);
    this._next();
    return kept;
  }

  _next() {
    for (const [id, [number, width]] of this._waiting) {
      if (this._busy >= AT_ONCE) return;
      this._waiting.delete(id);
      const kept = this._kept.get(id);
      if (kept) this._ask(kept, number, width);
    }
  }

  async _ask(kept, number, width) {
    kept.busy = true;
    kept.asked = performance.now();
    this._busy += 1;
    let news = kept.number === undefined;
    try {
      const same = width <= kept.width * 1.2 && kept.etag;
      const answer = await fetch(`/stations/${kept.id}/still`, {
        credentials: "same-origin",
        cache: "no-store", // the tag is ours; kept twice, sixteen pictures a second would fill the browser's disk
        headers: same ? { "If-None-Match": kept.etag } : {},
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      if (answer.status !== 304) {
        news = true;
        kept.missing = !answer.ok;
        if (answer.ok) {
          const bitmap = await createImageBitmap(await answer.blob(), { resizeWidth: width, resizeQuality: "medium" });
          if (this._kept.get(kept.id) !== kept) bitmap.close();
          else kept.paper.transferFromImageBitmap(bitmap); // the picture before it is given back
          Object.assign(kept, { etag: answer.headers.get("ETag"), taken: Date.parse(answer.headers.get("X-Taken-At")), width });
        }
      }
      kept.number = number;
    } catch {
      // the wire tells that the server is gone; the last picture stays, with its time
    } finally {
      kept.busy = false;
      this._busy -= 1;
    }
    if (news) this._came(kept.id);
    this._next();
  }

  /** Give back the pictures of cameras that are not shown any more. */
  keep(ids) {
    for (const [id, kept] of this._kept) {
      if (ids.has(id)) continue;
      kept.paper.transferFromImageBitmap(null);
      this._kept.delete(id);
      this._waiting.delete(id);
    }
  }
}
