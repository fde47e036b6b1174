// What the API tells of one record beyond the wire: asked again whenever the wire says that something of it moved.

import { get } from "app/api";

const RETRY_MS = 3000;

/** Everything on the wire that belongs to an incident, as a word that changes when any of it does. */
export function stampOf({ store }, incident) {
  const parts = [store.layer("incidents").get(incident)?.version ?? "over"];
  for (const unit of store.layer("units").values()) if (unit.incident === incident) parts.push(`${unit.id}${unit.version}${unit.assignment_state}`);
  for (const order of store.layer("orders").values()) if (order.incident === incident) parts.push(`${order.id}${order.version}`);
  return parts.join(" ");
}

export class Details {
  /** @param {{[name: string]: string}} paths what to ask, by the name under which the answer stands @param {() => void} redraw */
  constructor(paths, redraw) {
    this._paths = paths;
    this._redraw = redraw;
    this._stamp = null;
    this._asking = null;
    this._again = NaN;
    this.problem = null;
    this.known = {};
  }

  /** Ask anew if ``stamp`` is another one than the last time, or some seconds after nothing came back. */
  follow(stamp) {
    if (stamp === this._stamp && !(performance.now() > this._again)) return;
    this._stamp = stamp;
    this._again = NaN;
    this.load();
  }

  /** One round at a time; what is wished meanwhile makes one more. */
  load() {
    this._more = Boolean(this._asking);
    this._asking ??= this._load().finally(() => {
      this._asking = null;
      if (this._more) this.load();
    });
    return this._asking;
  }

  /** A round that begins now, after one that is under way and may tell the state of before. */
  async fresh() {
    await this._asking;
    return this.load();
  }

  async _load() {
    await Promise.all(
      Object.entries(this._paths).map(async ([name, path]) => {
        try {
          this.known[name] = await get(path);
          if (this.problem?.name === name) this.problem = null;
        } catch (refusal) {
          this.problem = { name, refusal };
          if (refusal.status === 404 || refusal.status === 403) delete this.known[name];
          if (refusal.status === 0) this._again = performance.now() + RETRY_MS;
        }
      }),
    );
    this._redraw();
  }
}
