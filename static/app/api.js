// Asking the server for something: CSRF, a time limit, and errors as sentences.

import { t, say } from "app/words";

const TIMEOUT_MS = 15000;

export class Refusal extends Error {
  /** @param {string} sentence for people @param {number} status 0: the server did not answer */
  constructor(sentence, status) {
    super(sentence);
    this.status = status;
  }
}

const cookie = (name) =>
  document.cookie
    .split("; ")
    .find((pair) => pair.startsWith(`${name}=`))
    ?.slice(name.length + 1) ?? "";

async function ask(method, path, body) {
  let response;
  try {
    response = await fetch(path, {
      method,
      headers: {
        Accept: "application/json",
        ...(body === undefined ? {} : { "Content-Type": "application/json" }),
        ...(method === "GET" ? {} : { "X-CSRFToken": cookie("csrftoken") }),
      },
      body: body === undefined ? undefined : JSON.stringify(body),
      credentials: "same-origin",
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
  } catch {
    throw new Refusal(t("The server does not answer. Nothing was changed; try again."), 0);
  }
  const answer = await response.json().catch(() => null);
  if (response.ok) return answer;
  if (response.status === 401) throw new Refusal(t("You are signed out. Sign in again."), 401);
  if (response.status === 403)
    throw new Refusal(answer?.error ?? t("You may not do this. Ask the shift leader."), 403);
  if (response.status === 404) throw new Refusal(t("This does not exist, or is outside your area."), 404);
  throw new Refusal(
    answer?.error ?? say("The server could not do it (%(status)s). Nothing was changed.", { status: response.status }),
    response.status,
  );
}

export const get = (path) => ask("GET", path);
export const post = (path, body = {}) => ask("POST", path, body);
