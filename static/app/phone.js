// What every phone page has: the bar, the word about the connection, the theme, and words that outlive a reload.

import { html, render } from "lit-html";
import { boot, whenNews } from "app/main";
import { minute } from "app/clock";
import { demoMark, liveState } from "app/status";
import { t, say } from "app/words";

/** Boot, with the bar drawn. @param {() => void} draw draws the page's own part */
export function phone(draw) {
  const hall = boot();
  const status = document.getElementById("status");
  const offline = document.getElementById("offline");
  document.getElementById("theme").addEventListener("click", () => {
    const next = document.documentElement.dataset.theme === "light" ? "dark" : "light";
    localStorage.setItem("onemap.theme", next);
    document.documentElement.dataset.theme = next;
  });
  whenNews(hall, () => {
    render(html`${liveState(hall)} ${demoMark(hall)}`, status);
    const gone = !navigator.onLine || hall.live.state === "stale";
    offline.hidden = !gone;
    if (gone)
      offline.textContent = hall.live.since
        ? say("No connection since %(time)s. What you see may be old; what you write is kept.", { time: minute(hall.live.since) })
        : t("No connection. What you see may be old; what you write is kept.");
    draw(hall);
  });
  hall.live.addEventListener("state", () => hall.live.state === "signed-out" && location.assign(`/sign-in/?next=${encodeURIComponent(location.pathname)}`));
  return hall;
}

/** What was typed into a form and not sent, kept for this tab: a reload or a lost connection costs no words. */
export const drafts = {
  _key: (name, field) => `onemap.draft.${location.pathname}.${name}.${field}`,
  get: (name, field) => sessionStorage.getItem(drafts._key(name, field)) ?? "",
  keep: (name) => (event) => event.target.name && event.target.type !== "file" && sessionStorage.setItem(drafts._key(name, event.target.name), event.target.value),
  drop(name) {
    const start = drafts._key(name, "");
    for (const key of Object.keys(sessionStorage)) if (key.startsWith(start)) sessionStorage.removeItem(key);
  },
};
