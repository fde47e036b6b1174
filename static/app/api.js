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
const newKey = () => [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");

const NO_ANSWER = [502, 504]; // a proxy's word for it

async function ask(method, path, body, key) {
  const files = body instanceof FormData;
  const unheard = () => new Refusal(key ? t("No answer. Pressing again will do it once.") : t("The server does not answer. Try again."), 0);
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
    throw unheard();
  }
  if (NO_ANSWER.includes(response.status)) throw unheard();
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

// Keys of what got no answer. Whether it was done nobody knows: asked again, the same carries the same key.
const unanswered = new Map();
const MOST_KEPT = 50;

const told = (body) =>
  body instanceof FormData ? [...body].map(([name, value]) => (value instanceof File ? [name, value.name, value.size, value.lastModified] : [name, value])) : body;

/** Do something once, however often it is pressed until it is answered. @param {string} path @param {object | FormData} body */
export async function post(path, body = {}) {
  const what = `${path} ${JSON.stringify(told(body))}`;
  const key = unanswered.get(what) ?? newKey();
  unanswered.delete(what);
  try {
    return await ask("POST", path, body, key);
  } catch (refusal) {
    if (refusal.status === 0) unanswered.set(what, key);
    if (unanswered.size > MOST_KEPT) unanswered.delete(unanswered.keys().next().value);
    throw refusal;
  }
}

export const remove = (path) => ask("DELETE", path);
