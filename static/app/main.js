// Boot: what every page has. The page's JSON, the store, the hall's clock and the wire.

import { Clock } from "app/clock";
import { Live } from "app/live";
import { Store } from "app/store";
import { Trends } from "app/stations";

/** @returns {{page: object, store: Store, clock: Clock, live: Live, trends: Trends}} */
export function boot() {
  const page = JSON.parse(document.getElementById("page").textContent);
  const store = new Store();
  const clock = new Clock();
  const live = new Live({ store, clock });
  const trends = new Trends(store, ["level", "depth", "forebay_level"]);
  clock.start();
  live.start();
  return { page, store, clock, live, trends, may: new Set(page.may) };
}

/**
 * Draw a part again when news touches it, at most once a frame, and each second for its times.
 * @param {object} hall
 * @param {() => void} draw
 */
export function whenNews(hall, draw) {
  let asked = false;
  const soon = () => {
    if (asked) return;
    asked = true;
    requestAnimationFrame(() => {
      asked = false;
      draw();
    });
  };
  hall.store.addEventListener("change", soon);
  hall.live.addEventListener("state", soon);
  hall.clock.addEventListener("tick", soon);
  soon();
}
