// A tone for a new high alarm. Where the browser blocks sound, the page says so instead of being silent about it.

import { Newness } from "app/urgency";

const HIGH = 2; // red and orange
const MUTED = "onemap.muted";

export class Sound extends EventTarget {
  constructor(store) {
    super();
    this.muted = localStorage.getItem(MUTED) === "1";
    this._context = new AudioContext();
    this._context.onstatechange = () => this.dispatchEvent(new Event("state"));
    const newness = new Newness();
    store.addEventListener("change", ({ touched }) => {
      if (!touched.has("alarms") || !store.ready) return;
      const fresh = newness.look(store.all("alarms"), HIGH);
      if (fresh.length) this.ring(Math.min(...fresh.map(({ level }) => level)));
    });
    for (const act of ["pointerdown", "keydown"]) addEventListener(act, () => this.blocked && this._context.resume(), { capture: true });
  }

  get blocked() {
    return this._context.state !== "running";
  }

  toggle() {
    this.muted = !this.muted;
    localStorage.setItem(MUTED, this.muted ? "1" : "0");
    this.dispatchEvent(new Event("state"));
  }

  /** Red: three falling pairs; orange: two. */
  ring(level) {
    this.dispatchEvent(Object.assign(new Event("ring"), { level }));
    if (this.muted || this.blocked) return;
    const start = this._context.currentTime;
    for (let i = 0; i < (level === 1 ? 3 : 2); i += 1) {
      this._tone(level === 1 ? 1046 : 784, start + i * 0.45);
      this._tone(level === 1 ? 784 : 659, start + i * 0.45 + 0.18);
    }
  }

  _tone(hertz, at) {
    const tone = this._context.createOscillator();
    const gain = this._context.createGain();
    tone.frequency.value = hertz;
    gain.gain.setValueAtTime(0, at);
    gain.gain.linearRampToValueAtTime(0.25, at + 0.02);
    gain.gain.linearRampToValueAtTime(0, at + 0.17);
    tone.connect(gain).connect(this._context.destination);
    tone.start(at);
    tone.stop(at + 0.2);
  }
}
