// Pictures in canvases: asked for only when the bell said that there is a newer one, few at once, and given back when they
// are not shown any more. Fetching and decoding is the worker's (eyes.js).

const AT_ONCE = 4; // requests: a wall of sixteen never fills the connections that the acts of people need
const AGAIN_MS = 15000; // a camera whose bell is not heard is asked for all the same

export class Pictures {
  /** @param {() => void} came called when a camera's first picture came, or it is known to have none */
  constructor(came) {
    this._came = came;
    this._kept = new Map(); // by camera
    this._asked = new Map(); // by canvas number: what is on its way
    this._waiting = new Map();
    this._number = 0;
    this._eyes = new Worker(import.meta.resolve("app/video/eyes"), { type: "module" });
    this._eyes.onmessage = ({ data }) => this._take(data);
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
      this._number += 1;
      kept = { id, canvas, paper: this._number, taken: null, etag: null, number: undefined, width: 0, asked: -Infinity, missing: false };
      this._kept.set(id, kept);
      const paper = canvas.transferControlToOffscreen();
      this._eyes.postMessage({ canvas: kept.paper, paper }, [paper]);
    }
    const late = performance.now() - kept.asked > AGAIN_MS;
    if (late || number !== kept.number || width > kept.width * 1.2) this._waiting.set(id, [number, width]);
    this._next();
    return kept;
  }

  _next() {
    for (const [id, [number, width]] of this._waiting) {
      if (this._asked.size >= AT_ONCE) return;
      const kept = this._kept.get(id);
      if (kept && this._asked.has(kept.paper)) continue; // its turn comes when the one before is there
      this._waiting.delete(id);
      if (!kept) continue;
      kept.asked = performance.now();
      const etag = width <= kept.width * 1.2 ? kept.etag : null;
      this._asked.set(kept.paper, { kept, number, width });
      this._eyes.postMessage({ canvas: kept.paper, address: `/stations/${id}/still`, width, etag });
    }
  }

  _take({ canvas, lost, same, missing = false, etag, taken }) {
    const { kept, number, width } = this._asked.get(canvas);
    this._asked.delete(canvas);
    const before = [kept.taken, kept.missing].map(Boolean);
    kept.number = number; // also where it was lost: asked again at the next bell, or when it is late
    if (!lost && !same) kept.missing = missing;
    if (etag) Object.assign(kept, { etag, taken, width });
    // A newer picture shows by itself, its time with the next second.
    if (before[0] !== Boolean(kept.taken) || before[1] !== kept.missing) this._came();
    this._next();
  }

  /** Give back the pictures of cameras that are not shown any more. */
  keep(ids) {
    for (const [id, kept] of this._kept) {
      if (ids.has(id)) continue;
      this._eyes.postMessage({ canvas: kept.paper, drop: true });
      this._kept.delete(id);
      this._waiting.delete(id);
    }
  }
}
