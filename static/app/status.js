// The page's own health, the hall's clock and the demo mark: one of each, for every screen.

import { html, nothing } from "lit-html";
import { minute, second, day } from "app/clock";
import { LANGUAGE, t, say } from "app/words";

const WORDS = {
  connecting: () => t("Connecting"),
  live: () => t("Live"),
  "catching-up": () => t("Catching up"),
  "signed-out": () => t("Signed out"),
};

export function liveState({ live }) {
  const word = live.state === "stale" ? say("Stale since %(time)s", { time: minute(live.since) }) : WORDS[live.state]();
  const shown = live.state === "signed-out" ? "stale" : live.state;
  return html`<span class="live" role="status" data-state=${shown}>${word}</span>`;
}

export const hallClock = ({ clock }) =>
  html`<time class="clock"><span class="quiet">${clock.now() === null ? "" : day(clock.now(), LANGUAGE)}</span> <b>${second(clock.now())}</b></time>`;

export const demoMark = ({ clock }) =>
  clock.sped ? html`<span class="demo-mark">${say("Demo ×%(rate)s", { rate: Number(clock.rate.toFixed(1)) })}</span>` : nothing;
