// Words in the reader's language: Django's JavaScript catalogue, and names that exist in two languages.

/** @returns {"zh" | "en"} */
export const LANGUAGE = document.documentElement.lang.startsWith("en") ? "en" : "zh";

export const t = (msgid) => window.gettext(msgid);

const fill = (text, values) =>
  text.replace(/%\((\w+)\)s|%%/g, (place, name) => (place === "%%" ? "%" : (values[name] ?? "")));

/** A sentence with named places: say("Pump %(n)s", {n: 2}). */
export const say = (msgid, values) => fill(window.gettext(msgid), values);

/** Count-dependent sentence; %(count)s is filled in. */
export const count = (one, many, n, values = {}) => fill(window.ngettext(one, many, n), { count: n, ...values });

/** The name of something that has a Chinese name and perhaps an English one. */
export const nameOf = (thing) => (LANGUAGE === "en" && thing?.name_en) || thing?.name || "";

/**
 * Names without the ending that all of them share ("黄河路雨量站" among rain gauges: "黄河路"), for narrow places.
 * @param {object[]} things
 * @returns {(thing: object) => string}
 */
export function shortNames(things) {
  const names = things.map(nameOf);
  let shared = names.length > 1 ? names[0].length : 0;
  for (const name of names) {
    let same = 0;
    while (same < shared && same < name.length - 1 && name.at(-1 - same) === names[0].at(-1 - same)) same += 1;
    shared = same;
  }
  return (thing) => nameOf(thing).slice(0, nameOf(thing).length - shared).trim();
}
