// A person, by the name the log book has. The same chip everywhere.

import { html } from "lit-html";
import { t } from "app/words";

/** Clocks and feeds act by rule and have no name that people know. */
const called = (name) => (/^(clock|feed):/.test(name) ? t("Automatic") : name.replace(/^unit:/, ""));

/** @param {string} name @param {string | import("lit-html").TemplateResult} more what is said beside the name */
export const person = (name, more = "") =>
  html`<span class="person"
    ><svg viewBox="0 0 20 20" aria-hidden="true"><path d="M10 1a4.500 4.500 0 1 0 0 9a4.500 4.500 0 1 0 0-9zM1.500 19.500a8.500 8 0 0 1 17 0z"></path></svg>${called(name)}${more ? html` <span class="quiet">${more}</span>` : ""}</span
  >`;
