// The wire: snapshot over HTTP, then one websocket. Comes back by itself; the page always says how it stands.

const STALE_MS = 10000;
const RETRY_MS = [500, 1000, 2000, 4000, 8000];

/**
 * States: "connecting" (nothing known yet), "live", "catching-up", "stale" (no beat for ten seconds), "signed-out".
 * Fires "state". ``since`` is the hall's time of the last beat, in ms.
 */
export class Live extends EventTarget {
  constructor({ store, clock, snapshot = "/live/snapshot", socket = "/ws/live/" }) {
    super();
    this.store = store;
    this.clock = clock;
    this.state = "connecting";
    this.since = null;
    this._snapshot = snapshot;
    this._address = `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}${socket}`;
    this._failures = 0;
    this._heard = performance.now();
    this._socket = null;
  }

  start() {
    setInterval(() => this._watch(), 1000);
    addEventListener("online", () => this._hurry());
    document.addEventListener("visibilitychange", () => document.hidden || this._hurry());
    this._open();
  }

  _is(state) {
    if (this.state === state) return;
    this.state = state;
    this.dispatchEvent(new Event("state"));
  }

  /** Ten seconds without a beat: what is shown is old, and the connection, though it looks open, is not one. */
  _watch() {
    if (this.state === "signed-out" || performance.now() - this._heard < STALE_MS) return;
    if (this.store.ready) this._is("stale");
    if (this._socket && performance.now() - this._heard > 2 * STALE_MS) {
      this._heard = performance.now() - STALE_MS;
      this._lost(this._socket);
    }
  }

  _open() {
    clearTimeout(this._retry);
    const socket = new WebSocket(this._address);
    this._socket = socket;
    socket.onopen = () => this._hello(socket);
    socket.onmessage = (message) => this._socket === socket && this._take(socket, JSON.parse(message.data));
    socket.onclose = (event) => this._lost(socket, event.code);
  }

  async _hello(socket) {
    try {
      if (!this.store.ready) await this._fetch();
    } catch {
      socket.close();
      return;
    }
    if (socket.readyState === WebSocket.OPEN) {
      socket.send(JSON.stringify({ type: "hello", ...this.store.position }));
    }
  }

  async _fetch() {
    const answer = await fetch(this._snapshot, { credentials: "same-origin", signal: AbortSignal.timeout(20000) });
    if (answer.status === 401 || answer.status === 403) {
      this._is("signed-out");
      throw new Error("signed out");
    }
    if (!answer.ok) throw new Error(`snapshot: ${answer.status}`);
    const snapshot = await answer.json();
    this._tick(snapshot.clock);
    this.store.reset(snapshot);
  }

  _tick({ now, rate }) {
    this._heard = performance.now();
    this.clock.set(now, rate);
    this.since = now;
  }

  async _take(socket, message) {
    this._failures = 0;
    switch (message.type) {
      case "snapshot":
        this._is("catching-up");
        this.store.position = null;
        await this._hello(socket);
        break;
      case "changes":
        this._heard = performance.now();
        this.store.apply(message);
        this._is(message.more ? "catching-up" : "live");
        break;
      case "values":
        this.store.take(message);
        break;
      case "beat":
        this._tick(message.clock);
        if (!this.store.ready) break;
        if (message.epoch !== this.store.position.epoch) {
          this.store.position = null;
          this._is("catching-up");
          await this._hello(socket);
        } else if (message.cursor !== null) {
          this.store.apply(message); // all up to there has come, whether or not any of it was for this viewer
          this._is("live");
        } else if (this.state === "stale") {
          this._is("catching-up");
        }
        break;
    }
  }

  _lost(socket, code) {
    if (this._socket !== socket) return;
    this._socket = null;
    socket.onclose = null;
    socket.close();
    if (code === 4001 || this.state === "signed-out") {
      this._is("signed-out");
      return;
    }
    if (this.state === "live") this._is("catching-up");
    const wait = RETRY_MS[Math.min(this._failures, RETRY_MS.length - 1)];
    this._failures += 1;
    this._retry = setTimeout(() => this._open(), wait * (0.5 + Math.random()));
  }

  /** The network came back, or somebody looks again: no need to wait out the pause. */
  _hurry() {
    if (this._socket || this.state === "signed-out") return;
    this._failures = 0;
    this._open();
  }
}
