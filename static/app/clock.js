// The hall's clock, told by the server's beats, and the one ticking second for every time on the page.

const ZONE = "Asia/Shanghai";
const parts = new Intl.DateTimeFormat("en-GB", {
  timeZone: ZONE,
  year: "numeric",
  month: "numeric",
  day: "numeric",
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  hourCycle: "h23",
});

const read = (ms) => Object.fromEntries(parts.formatToParts(ms).map((part) => [part.type, part.value]));

/** 02:41 */
export const minute = (ms) => {
  if (ms == null || Number.isNaN(ms)) return "--:--";
  const p = read(ms);
  return `${p.hour}:${p.minute}`;
};

/** 02:41:53 */
export const second = (ms) => {
  if (ms == null || Number.isNaN(ms)) return "--:--:--";
  const p = read(ms);
  return `${p.hour}:${p.minute}:${p.second}`;
};

/** 11月22日 in Chinese, 22 Nov in English. */
export const day = (ms, language) => {
  const p = read(ms);
  return language === "en" ? `${Number(p.day)} ${MONTHS[p.month - 1]}` : `${Number(p.month)}月${Number(p.day)}日`;
};
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** A span in ms as 00:42 (hours and minutes); under one minute as 0:38 with seconds would mislead, so 00:00. */
export const span = (ms) => {
  const minutes = Math.max(0, Math.floor(ms / 60000));
  const hours = Math.floor(minutes / 60);
  return `${String(hours).padStart(2, "0")}:${String(minutes % 60).padStart(2, "0")}`;
};

/** ISO text, or milliseconds, as milliseconds; null stays null. */
export const ms = (time) => (time == null ? null : typeof time === "number" ? time : Date.parse(time));

export class Clock extends EventTarget {
  /** @param {() => number} monotonic milliseconds that never jump, for tests another */
  constructor(monotonic = () => performance.now()) {
    super();
    this._monotonic = monotonic;
    this._at = null; // [hall ms, monotonic ms]
    this.rate = 1;
  }

  /** The server says what the hall's clock shows. Small differences are left alone so that seconds do not jitter. */
  set(hallMs, rate) {
    const changed = rate !== this.rate;
    this.rate = rate;
    const differs = this._at === null || Math.abs(this.now() - hallMs) > 700 * Math.max(1, rate);
    if (changed || differs) this._at = [hallMs, this._monotonic()];
    if (changed) this.dispatchEvent(new Event("rate"));
  }

  /** @returns {number | null} the hall's time in ms; null before the server told it */
  now() {
    return this._at === null ? null : this._at[0] + (this._monotonic() - this._at[1]) * this.rate;
  }

  get sped() {
    return this.rate !== 1;
  }

  /** One timer for the page: a "tick" each second. */
  start() {
    const tick = () => {
      this.dispatchEvent(new Event("tick"));
      setTimeout(tick, 1000 - (this._monotonic() % 1000) || 1000);
    };
    tick();
  }
}
