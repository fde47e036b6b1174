// Where this phone is, told while its unit is on a task: kept while there is no connection, sent when it is back.

import { post } from "app/api";

const EVERY_MS = 10000;
const MOST = 500; // what the server takes at once; older ones are dropped first

/** Fires "state"; ``state`` is "off", "waiting", "sending", "denied" or "unavailable". */
export class Positions extends EventTarget {
  constructor(clock) {
    super();
    this.clock = clock;
    this.state = "off";
    this.last = null; // hall time of the last position that was taken
    this._kept = [];
    this._watch = null;
    this._timer = null;
  }

  /** Report while ``on``; nobody is followed who is on no task. */
  follow(on) {
    if (on === (this._watch !== null)) return;
    if (!on) {
      navigator.geolocation.clearWatch(this._watch);
      clearInterval(this._timer);
      this._watch = this._timer = null;
      this._kept = [];
      return this._is("off");
    }
    if (!("geolocation" in navigator) || !isSecureContext) return this._is("unavailable");
    this._is("waiting");
    this._watch = navigator.geolocation.watchPosition(
      (fix) => this._take(fix),
      (error) => this._is(error.code === error.PERMISSION_DENIED ? "denied" : "waiting"),
      { enableHighAccuracy: true, maximumAge: 5000 },
    );
    this._timer = setInterval(() => this._send(), EVERY_MS);
  }

  _is(state) {
    if (state === this.state) return;
    this.state = state;
    this.dispatchEvent(new Event("state"));
  }

  _take({ coords, timestamp }) {
    const now = this.clock.now();
    if (now === null) return;
    const at = now - Math.max(0, Date.now() - timestamp) * this.clock.rate; // by the hall's clock, which is what is compared
    const first = this.last === null && !this._kept.length;
    this._kept.push({ lon: coords.longitude, lat: coords.latitude, observed_at: new Date(at).toISOString() });
    this._kept.splice(0, this._kept.length - MOST);
    if (first) this._send();
  }

  async _send() {
    if (!this._kept.length || this._busy) return;
    this._busy = true;
    const sent = this._kept;
    this._kept = [];
    try {
      await post("/api/v1/positions", { positions: sent });
      this.last = Date.parse(sent.at(-1).observed_at);
      this._is("sending");
      this.dispatchEvent(new Event("state"));
    } catch (refusal) {
      if (refusal.status === 0 && this._watch !== null) this._kept = [...sent, ...this._kept].slice(-MOST);
    }
    this._busy = false;
  }
}
