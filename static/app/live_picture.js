// A camera's live picture where a browser can reach it: HLS through hls.js (loaded when first wanted), or MJPEG.

import { get } from "app/api";
import { t } from "app/words";

/** How it stands, in words; the states are those that ``watch`` tells, and those of who asks for it. */
export const LIVE_WORDS = {
  asking: () => t("Asking for the live picture"),
  playing: () => t("Live"),
  none: () => t("This camera has no live picture here, only stills."),
  lost: () => t("The live picture was lost."),
};

/**
 * Put the live picture of a camera into ``box``.
 * @param {HTMLElement} box emptied again by ``stop``
 * @param {(state: "playing" | "lost") => void} told
 * @returns {Promise<{stop: () => void} | null>} null: there is none, only stills. Throws a Refusal with the reason.
 */
export async function watch(box, id, name, told = () => {}) {
  const { urls } = await get(`/api/v1/stations/${id}/live`);
  const mjpeg = urls.find(({ kind }) => kind === "mjpeg");
  const hls = urls.find(({ kind }) => kind === "hls");
  if (mjpeg) return image(box, mjpeg.url, name, told);
  return hls ? video(box, hls.url, name, told) : null;
}

function image(box, url, name, told) {
  const picture = Object.assign(document.createElement("img"), { alt: name, src: url });
  picture.addEventListener("load", () => told("playing"));
  picture.addEventListener("error", () => told("lost"));
  box.append(picture);
  return {
    stop() {
      picture.src = "data:,"; // an image that is only taken out goes on loading
      picture.remove();
    },
  };
}

async function video(box, url, name, told) {
  const { default: Hls } = await import("hls");
  const picture = Object.assign(document.createElement("video"), { muted: true, playsInline: true, autoplay: true });
  picture.setAttribute("aria-label", name);
  picture.addEventListener("playing", () => told("playing"));
  box.append(picture);
  // Without a worker, which would be a script of its own to the content security policy; a short buffer, since old
  // pictures are of no use here.
  const player = new Hls({ enableWorker: false, maxBufferLength: 6, backBufferLength: 2, liveSyncDurationCount: 2 });
  player.on(Hls.Events.ERROR, (_event, { fatal }) => fatal && told("lost"));
  player.loadSource(url);
  player.attachMedia(picture);
  return {
    stop() {
      player.destroy();
      picture.removeAttribute("src");
      picture.remove();
    },
  };
}
