// A person, by the name that people know; rows have the login, which the log book keeps. The same chip everywhere.

import { html } from "lit-html";
import { nameIn } from "app/names";
import { t } from "app/words";

const { names = {} } = JSON.parse(document.getElementById("page").textContent);

/** @param {string} login @returns what is shown for it: a name that the page does not know stays a login */
export const called = (login) => nameIn(names, login, t("Automatic"));

/** @param {string} login @param {string | import("lit-html").TemplateResult} more what is said beside the name */
export const person = (login, more = "") =>
  html`<span class="person"
    ><svg viewBox="0 0 20 20" aria-hidden="true"><path d="M10 1a4.500 4.500 0 1 0 0 9a4.500 4.500 0 1 0 0-9zM1.500 19.500a8.500 8 0 0 1 17 0z"></path></svg>${called(login)}${more ? html` <span class="quiet">${more}</span>` : ""}</span
  >`;
