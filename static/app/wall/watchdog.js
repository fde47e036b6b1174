// A wall runs for weeks: a page that died is opened anew, and so is one that is old, at a quiet hour.

const DEAD_MS = 60000;
const OLD_MS = 22 * 3600e3;
const QUIET_HOUR = 4;

/** Reload only once the server answers: a reload into nothing would leave the browser's error page on the wall. */
async function reload() {
  try {
    const answer = await fetch("/healthz", { signal: AbortSignal.timeout(5000), cache: "no-store" });
    if (answer.status < 600) location.reload();
  } catch {
    // not there yet: asked again at the next look
  }
}

export function watch({ live, store }) {
  const opened = performance.now();
  let alive = performance.now();
  store.addEventListener("change", () => (alive = performance.now()));
  live.addEventListener("state", () => (alive = performance.now()));
  setInterval(() => {
    const silent = performance.now() - alive > DEAD_MS;
    const healthy = live.state === "live";
    if (silent && !healthy) reload();
    const old = performance.now() - opened > OLD_MS && new Date().getHours() === QUIET_HOUR;
    if (old && healthy) reload();
  }, 15000);
}
