// Asking the server for something: CSRF, a time limit, and errors as sentences.

import { t, say } from "app/words";

const TIMEOUT_MS = 15000;
const UPLOAD_MS = 120000; // a picture over a poor connection

export class Refusal extends Error {
  /**
   * @param {string} sentence for people
   * @param {number} status 0: the server did not answer
   * @param {object} answer what it said beside the sentence: the state now, who was quicker, the field to correct
   */
  constructor(sentence, status, answer = {}) {
    super(sentence);
    this.status = status;
    this.answer = answer;
  }
}

const cookie = (name) =>
  document.cookie
    .split("; ")
    .find((pair) => pair.startsWith(`${name}=`))
    ?.slice(name.length + 1) ?? "";

/**
 * A key for one intention: a request repeated with it acts once. Random bytes, since randomUUID needs https.
 * @returns {string}
 */
export const newKey = () => [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");

async function ask(method, path, body, key) {
  const files = body instanceof FormData;
  let response;
  try {
    response = await fetch(path, {
      method,
      headers: {
        Accept: "application/json",
        ...(body === undefined || files ? {} : { "Content-Type": "application/json" }),
        ...(key ? { "Idempotency-Key": key } : {}),
        ...(method === "GET" ? {} : { "X-CSRFToken": cookie("csrftoken") }),
      },
      body: body === undefined || files ? body : JSON.stringify(body),
      credentials: "same-origin",
      signal: AbortSignal.timeout(files ? UPLOAD_MS : TIMEOUT_MS),
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
    answer ?? {},
  );
}

export const get = (path) => ask("GET", path);

/**
 * @param {string} path @param {object | FormData} body
 * @param {string} key the same for every try of one intention; without it each call is an intention of its own
 */
export const post = (path, body = {}, key = newKey()) => ask("POST", path, body, key);

export const remove = (path) => ask("DELETE", path);
