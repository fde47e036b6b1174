// Tones and words for alarms until somebody acknowledges them. Where the browser blocks sound, the page says so in red.

import { isUnacknowledged, sentence } from "app/alarm";
import { aloud, Bell, isCalled, leastOf, waitOf } from "app/desk/bell";
import { floodOf } from "app/desk/flood";
import { onDuty } from "app/desk/people";
import { Voice } from "app/desk/voice";
import { LEVELS } from "app/level";
import { LANGUAGE, nameOf, say } from "app/words";

const MUTED = "onemap.muted";
const MOST_SPOKEN = 3;
const LOOK_MS = 250;
const LONGEST_SPEECH_MS = 20000; // a voice that never says that it has ended

/** By level: the notes in Hz, how often they are played. Each has a sound of its own. */
const TONES = { 1: [[1046, 784], 3], 2: [[784, 659], 2], 3: [[587], 2], 4: [[440], 1] };

const worstFirst = (alarms) => [...alarms].sort((a, b) => a.level - b.level || b.level_since - a.level_since);

export class Sound extends EventTarget {
  /** @param {object} hall its page says {sound: {level, speaks, repeat_s: [red, orange, yellow, blue]}, call_steps_s, who} */
  constructor(hall) {
    super();
    this.hall = hall;
    this.voice = new Voice();
    this.muted = localStorage.getItem(MUTED) === "1";
    this._context = new AudioContext();
    this._context.onstatechange = () => this.dispatchEvent(new Event("state"));
    this.voice.addEventListener("state", () => this.dispatchEvent(new Event("state")));
    this._bell = new Bell();
    this._untoned = new Map(); // news that has had no tone yet, by id
    this._unspoken = new Map(); // what waits for the voice
    this._sounding = new Set(); // ids of what is heard just now
    this._tone = { level: Infinity, until: 0 };
    this._speech = { until: 0 };
    this._last = -Infinity; // when a tone began
    this._playing = new Set();
    hall.store.addEventListener("change", ({ touched }) => ["alarms", "calls", "floods"].some((name) => touched.has(name)) && this._look());
    setInterval(() => this._look(), LOOK_MS);
    for (const act of ["pointerdown", "keydown"]) addEventListener(act, () => this.blocked && this._context.resume(), { capture: true });
  }

  get blocked() {
    return this._context.state !== "running";
  }

  toggle() {
    this.muted = !this.muted;
    localStorage.setItem(MUTED, this.muted ? "1" : "0");
    if (this.muted) this._hush();
    this.dispatchEvent(new Event("state"));
  }

  _waiting() {
    const { store, page } = this.hall;
    const least = leastOf(Boolean(floodOf(store.all("floods"), page.desks)), page.sound.level);
    return store.all("alarms").filter((alarm) => isUnacknowledged(alarm) && alarm.rang && alarm.level <= least);
  }

  _look() {
    const { store, page } = this.hall;
    if (!store.ready) return;
    const at = performance.now();
    const people = onDuty(this.hall);
    const calls = new Map(store.all("calls").map((call) => [call.subject, call]));
    const wait = ({ id, area }) => (isCalled(calls.get(id), page.who) ? 0 : waitOf(page.who, people, area, page.call_steps_s));
    const { calling, fresh } = this._bell.look(this._waiting(), at, wait);
    const ids = new Set(calling.map(({ id }) => id));
    for (const waiting of [this._untoned, this._unspoken]) for (const id of waiting.keys()) if (!ids.has(id)) waiting.delete(id);
    for (const alarm of fresh) this._untoned.set(alarm.id, alarm);
    if (this._sounding.size && ![...this._sounding].some((id) => ids.has(id))) this._hush();
    if (!calling.length || this.muted || this.blocked) return; // what is news then sounds when it can
    if (this._untoned.size) this._announce(worstFirst(this._untoned.values()), at);
    else if (at < this._tone.until || at < this._speech.until) return;
    else if (this._unspoken.size) this._speak(at);
    else {
      const worst = worstFirst(calling);
      const every = page.sound.repeat_s[worst[0].level - 1];
      if (every > 0 && at - this._last >= every * 1000) this._announce(worst, at);
    }
  }

  /** The tone of the worst, at once or after a tone that is as grave; words follow. @param {object[]} alarms worst first */
  _announce(alarms, at) {
    const { level } = alarms[0];
    if (at < this._tone.until && level >= this._tone.level) return;
    if (at >= this._tone.until && at >= this._speech.until) this._sounding.clear();
    this._stopTones();
    this._last = at;
    this._tone = { level, until: at + this.tone(level) };
    this._untoned.clear();
    for (const alarm of alarms) {
      this._sounding.add(alarm.id);
      if (alarm.level <= this.hall.page.sound.speaks) this._unspoken.set(alarm.id, alarm);
    }
  }

  _speak(at) {
    const alarms = worstFirst(this._unspoken.values());
    this._unspoken.clear();
    if (!this.voice.there) return;
    this._sounding = new Set(alarms.map(({ id }) => id));
    const speech = { until: at + LONGEST_SPEECH_MS };
    this._speech = speech;
    this.voice.speak(wordsOf(alarms), () => (speech.until = 0));
  }

  /** Somebody has acknowledged it, here or elsewhere. */
  _hush() {
    this.voice.hush();
    this._stopTones();
    this._sounding.clear();
    this._tone = { level: Infinity, until: 0 };
    this._speech = { until: 0 };
  }

  _stopTones() {
    for (const tone of this._playing) tone.stop();
    this._playing.clear();
  }

  /** @returns {number} how long it lasts, in ms */
  tone(level) {
    const [notes, times] = TONES[level];
    const start = this._context.currentTime;
    const length = 0.09 + notes.length * 0.18;
    for (let i = 0; i < times; i += 1) notes.forEach((hertz, n) => this._note(hertz, start + i * length + n * 0.18));
    return times * length * 1000;
  }

  _note(hertz, at) {
    const tone = this._context.createOscillator();
    const gain = this._context.createGain();
    tone.frequency.value = hertz;
    gain.gain.setValueAtTime(0, at);
    gain.gain.linearRampToValueAtTime(0.25, at + 0.02);
    gain.gain.linearRampToValueAtTime(0, at + 0.17);
    tone.connect(gain).connect(this._context.destination);
    this._playing.add(tone);
    tone.onended = () => this._playing.delete(tone);
    tone.start(at);
    tone.stop(at + 0.2);
  }
}

/** Level, place and what, in words; of many the worst, and how many more. */
function wordsOf(alarms) {
  const told = alarms.slice(0, MOST_SPOKEN).map((alarm) => say("%(level)s alarm. %(place)s. %(what)s", { level: LEVELS[alarm.level].word(), place: nameOf(alarm), what: sentence(alarm) }));
  if (alarms.length > MOST_SPOKEN) told.push(say("And %(count)s more alarms", { count: alarms.length - MOST_SPOKEN }));
  return LANGUAGE === "en" ? told : told.map(aloud);
}
