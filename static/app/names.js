// What people are called whom rows know by login. Imports nothing.

/**
 * @param {{[login: string]: string}} names
 * @param {string | null | undefined} login of a person, a unit ("unit:V02"), a clock or a feed
 * @param {string} automatic the word for clocks and feeds, which act by rule
 * @returns {string} the name, the login where there is none, "" for nobody
 */
export function nameIn(names, login, automatic) {
  if (!login) return "";
  if (/^(clock|feed):/.test(login)) return automatic;
  return Object.hasOwn(names, login) ? names[login] : login.replace(/^unit:/, "");
}
