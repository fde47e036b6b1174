// Levels: glyph + Roman numeral + word + colour, told here once for lists, map and charts.

import { html, svg, nothing } from "lit-html";
import { t } from "app/words";

/** By level 1 (red, most severe) to 4 (blue). Paths stand in a 20 × 20 box. */
export const LEVELS = {
  1: { roman: "Ⅰ", word: () => t("Red"), path: "M10 1 19.5 18.5H.5z", token: "--level-1" },
  2: { roman: "Ⅱ", word: () => t("Orange"), path: "M10 0 20 10 10 20 0 10z", token: "--level-2" },
  3: { roman: "Ⅲ", word: () => t("Yellow"), path: "M2 2H18V18H2z", token: "--level-3" },
  4: { roman: "Ⅳ", word: () => t("Blue"), path: "M10 1a9 9 0 1 0 0 18a9 9 0 1 0 0-18z", token: "--level-4" },
};

export const glyph = (level) =>
  svg`<svg viewBox="0 0 20 20" aria-hidden="true"><path d=${LEVELS[level].path}></path></svg>`;

/** The badge. @param {number | null} level @param {{chip?: boolean, short?: boolean}} look */
export function badge(level, { chip = false, short = false } = {}) {
  const known = LEVELS[level];
  if (!known) return nothing;
  return html`<span class="level level-${level} ${chip ? "chip" : ""}"
    >${glyph(level)}<span>${short ? known.roman : `${known.word()} ${known.roman}`}</span></span
  >`;
}

const tokens = new Map();
new MutationObserver(() => tokens.clear()).observe(document.documentElement, { attributeFilter: ["data-theme"] });

/** A colour of tokens.css, for canvases; follows the theme. */
export function colour(token) {
  if (!tokens.has(token)) {
    tokens.set(token, getComputedStyle(document.documentElement).getPropertyValue(token).trim());
  }
  return tokens.get(token);
}

export const levelColour = (level) => colour(LEVELS[level]?.token ?? "--normal");
