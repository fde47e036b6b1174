// A refusal in words: who was quicker, and what the state is now.

import { minute, ms } from "app/clock";
import { called } from "app/person";
import { t, say } from "app/words";

/** @param {Refusal} refusal @param {(state: string) => string} stateWord */
export function explain(refusal, stateWord) {
  const { by, at, until, state } = refusal.answer ?? {};
  if (refusal.status !== 409) return refusal.message;
  if (until) return say("%(who)s is on it until %(time)s.", { who: called(by), time: minute(ms(until)) });
  const now = state ? say("It is now: %(state)s.", { state: stateWord(state) }) : "";
  const last = by ? say("Last act: %(who)s at %(time)s.", { who: called(by), time: minute(ms(at)) }) : "";
  const why = / is not possible from /.test(refusal.message) ? t("Somebody was quicker.") : refusal.message;
  return [why, now, last].filter(Boolean).join(" ");
}
