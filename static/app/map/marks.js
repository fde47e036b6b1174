// How a thing looks on the map: pictogram = kind, badge = level. Drawn once per look, then copied.

import { svg, html } from "lit-html";
import { LEVELS, colour, levelColour } from "app/level";

/** Pictograms in a 24 × 24 box: [path, filled]. */
const PICTOGRAMS = {
  rain: [
    ["M7 13a4 4 0 0 1 .6-7.9A5 5 0 0 1 17 6.6 3.3 3.3 0 0 1 17 13z", true],
    ["M8 16l-1.4 4M12.3 16l-1.4 4M16.6 16l-1.4 4", false],
  ],
  river: [
    ["M9 2v13M9 3h6M9 7h4M9 11h6", false],
    ["M2 18c2-2 4-2 6 0s4 2 6 0 4-2 7 0M2 22c2-2 4-2 6 0s4 2 6 0 4-2 7 0", false],
  ],
  ponding: [
    ["M12 2c3 4 4.5 6 4.5 8.2a4.5 4.5 0 0 1-9 0C7.500 8 9 6 12 2z", true],
    ["M2 18h20M5 21.500h14", false],
  ],
  pumps: [
    ["M12 3a9 9 0 1 0 0 18a9 9 0 1 0 0-18z", false],
    ["M8.500 6.500 19 12 8.500 17.500z", true],
  ],
  gas: [["M3 8c2-2 4-2 6 0s4 2 6 0 4-2 6 0M3 13c2-2 4-2 6 0s4 2 6 0 4-2 6 0M3 18c2-2 4-2 6 0s4 2 6 0 4-2 6 0", false]],
  fire: [["M12 2c1 4 6 6 6 12a6 6 0 0 1-12 0c0-2.500 1-4 2.500-5.500.3 2 1 3 2 3.500C10 8 10.500 5 12 2z", true]],
  premises: [
    ["M4 21V3h10v18M14 9h6v12M2 21h20", false],
    ["M6.500 6.500h2v2h-2zM10 6.500h2v2h-2zM6.500 11h2v2h-2zM10 11h2v2h-2zM16 12.500h2v2h-2z", true],
  ],
  fire_spots: [
    ["M12 7c.8 2.600 3.500 3.500 3.500 7a3.500 3.500 0 0 1-7 0c0-1.500.6-2.300 1.500-3.200.2 1.200.6 1.700 1.200 2-.4-2.200.2-4 .8-5.800z", true],
    ["M4 7V4h3M17 4h3v3M20 17v3h-3M7 20H4v-3", false],
  ],
  cameras: [["M2 7h13v10H2zM16.500 11l5.500-3.500v9L16.500 13z", true]],
  incidents: [
    ["M12 2 22 20H2z", false],
    ["M12 8.500v5.500M12 16.500v1", false],
  ],
  units: [["M2 7h11v9H2zM13 10h5l4 3.500v2.500h-9z", true], ["M6.500 18.500a1.500 1.500 0 1 0 .1 0M17 18.500a1.500 1.500 0 1 0 .1 0", false]],
  orders: [["M5 3h14v18H5z", false], ["M8.500 8h7M8.500 12h7M8.500 16h4", false]],
  vehicles: [
    ["M1.500 7.500a2 2 0 0 1 2-2h9a2 2 0 0 1 2 2v8.500h-13zM15.500 9h3.500l3.500 4v3h-7z", true],
    ["M6 18.500a1.500 1.500 0 1 0 .1 0M18 18.500a1.500 1.500 0 1 0 .1 0", false],
  ],
  warnings: [
    ["M4 10v4h3.500l6.500 4.500V5.500L7.500 10z", true],
    ["M17 9c1.500 1.700 1.500 4.300 0 6M19.500 6.500c3 3.200 3 7.800 0 11", false],
  ],
  cluster: [],
};

/** The pictogram for lists, legends and headings. */
export const pictogram = (kind) =>
  html`<svg class="pictogram" viewBox="0 0 24 24" aria-hidden="true">
    ${PICTOGRAMS[kind].map(
      ([path, filled]) =>
        svg`<path d=${path} fill=${filled ? "currentColor" : "none"} stroke=${filled ? "none" : "currentColor"}
              stroke-width="2.200" stroke-linecap="round" stroke-linejoin="round"></path>`,
    )}
  </svg>`;

const sprites = new Map();
new MutationObserver(() => sprites.clear()).observe(document.documentElement, { attributeFilter: ["data-theme"] });

/** Radius of a look, in CSS px at scale 1. */
export const radius = (look) => (look.cluster ? 18 : look.level ? 16 : 11);

function drawPictogram(c, kind, size, ink) {
  c.save();
  c.translate(-size / 2, -size / 2);
  c.scale(size / 24, size / 24);
  c.fillStyle = c.strokeStyle = ink;
  c.lineWidth = 2.2;
  c.lineCap = c.lineJoin = "round";
  for (const [path, filled] of PICTOGRAMS[kind]) filled ? c.fill(new Path2D(path)) : c.stroke(new Path2D(path));
  c.restore();
}

function hatch(c, r) {
  c.save();
  c.beginPath();
  c.arc(0, 0, r, 0, 7);
  c.clip();
  c.strokeStyle = colour("--stale");
  c.globalAlpha = 0.55;
  c.lineWidth = 1.2;
  c.beginPath();
  for (let i = -2 * r; i <= 2 * r; i += 4) {
    c.moveTo(i - r, r);
    c.lineTo(i + r, -r);
  }
  c.stroke();
  c.restore();
}

/** The level's own shape with its numeral. */
function drawBadge(c, level, x, y, size) {
  c.save();
  c.translate(x - size / 2, y - size / 2);
  c.scale(size / 20, size / 20);
  const shape = new Path2D(LEVELS[level].path);
  c.lineWidth = 4;
  c.strokeStyle = colour("--halo");
  c.lineJoin = "round";
  c.stroke(shape);
  c.fillStyle = levelColour(level);
  c.fill(shape);
  c.restore();
  c.fillStyle = colour("--on-chip");
  c.font = `700 ${size * 0.56}px ${colour("--words")}`;
  c.textAlign = "center";
  c.textBaseline = "middle";
  c.fillText(LEVELS[level].roman, x, y + (level === 1 ? size * 0.13 : size * 0.03));
}

/** A question mark at the foot: it delivers, but what it shows is not to be trusted. */
function drawFlaw(c, r) {
  c.beginPath();
  c.arc(r * 0.85, r * 0.8, 5.5, 0, 7);
  c.fillStyle = colour("--stale");
  c.fill();
  c.fillStyle = colour("--on-chip");
  c.font = `700 8px ${colour("--words")}`;
  c.textAlign = "center";
  c.textBaseline = "middle";
  c.fillText("?", r * 0.85, r * 0.85);
}

function paint(c, look) {
  const loud = Boolean(look.level);
  const r = look.cluster ? 14 : loud ? 12 : 8;
  const ink = look.stale && !loud ? "--stale" : loud || look.cluster ? "--text" : "--normal";
  c.beginPath();
  c.arc(0, 0, r, 0, 7);
  c.fillStyle = colour("--panel");
  c.fill();
  if (look.stale) hatch(c, r);
  c.beginPath();
  c.arc(0, 0, r, 0, 7);
  c.lineWidth = loud || (look.cluster && look.level) ? 2.5 : 1.25;
  c.strokeStyle = look.level ? levelColour(look.level) : colour(look.stale ? "--stale" : "--normal");
  c.stroke();
  if (look.unacked) {
    c.beginPath();
    c.arc(0, 0, r + 2.5, 0, 7);
    c.lineWidth = 1.25;
    c.strokeStyle = colour("--text");
    c.stroke();
  }
  if (!look.cluster) {
    drawPictogram(c, look.kind, r * 1.3, colour(ink));
  }
  if (look.flawed && !look.cluster) drawFlaw(c, r);
  if (look.level) drawBadge(c, look.level, r * 0.9, -r * 0.85, loud ? 15 : 13);
}

/** How many a cluster holds: drawn over its sprite, since every count would be a sprite of its own. */
export function drawCount(c, count, x, y, scale) {
  c.fillStyle = colour("--text");
  c.font = `600 ${(count > 99 ? 10 : 12) * scale}px ${colour("--words")}`;
  c.textAlign = "center";
  c.textBaseline = "middle";
  c.fillText(count, x, y + scale);
}

/** A canvas with the look drawn in its middle, kept. @param {number} scale device pixels per CSS px at scale 1 */
export function sprite(look, scale) {
  const key = `${look.kind}|${look.level}|${look.stale ? 1 : 0}|${look.unacked ? 1 : 0}|${look.flawed ? 1 : 0}|${look.cluster ? "c" : ""}|${scale}`;
  let kept = sprites.get(key);
  if (!kept) {
    if (sprites.size > 2000) sprites.clear();
    const half = Math.ceil((radius(look) + 6) * scale);
    kept = document.createElement("canvas");
    kept.width = kept.height = 2 * half;
    const c = kept.getContext("2d");
    c.translate(half, half);
    c.scale(scale, scale);
    paint(c, look);
    sprites.set(key, kept);
  }
  return kept;
}
