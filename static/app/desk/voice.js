// The browser's voice for the language of the screen. Without one tones have to do, and the desk says so.

import { LANGUAGE } from "app/words";

const SILENT_MS = 1500; // voices may be loaded after the page

export class Voice extends EventTarget {
  constructor() {
    super();
    this._synthesis = window.speechSynthesis;
    this._broken = !this._synthesis;
    this._asked = performance.now();
    this._synthesis?.addEventListener?.("voiceschanged", () => this._tell());
    setTimeout(() => this._tell(), SILENT_MS);
  }

  _tell() {
    this.dispatchEvent(new Event("state"));
  }

  _found() {
    const voices = this._synthesis?.getVoices() ?? [];
    const of = (tag) => voices.find(({ lang }) => lang.replace("_", "-").toLowerCase().startsWith(tag));
    return LANGUAGE === "en" ? of("en") : (of("zh-cn") ?? of("zh"));
  }

  get there() {
    return !this._broken && Boolean(this._found());
  }

  /** There is none, and there was time to find one. */
  get missing() {
    return !this.there && performance.now() - this._asked >= SILENT_MS;
  }

  /** @param {string[]} sentences @param {() => void} done also where it fails */
  speak(sentences, done) {
    if (!this.there) return done();
    this._synthesis.cancel();
    const said = new SpeechSynthesisUtterance(sentences.join("。"));
    said.voice = this._found();
    said.lang = said.voice.lang;
    said.onend = done;
    said.onerror = ({ error }) => {
      if (!["canceled", "interrupted"].includes(error)) {
        this._broken = error !== "not-allowed"; // that is the sound that is blocked, which is told by itself
        this._tell();
      }
      done();
    };
    this._synthesis.speak(said);
  }

  hush() {
    this._synthesis?.cancel();
  }
}
