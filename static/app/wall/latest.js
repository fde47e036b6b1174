// The line at the bottom: what changed last among the open alarms.

import { html } from "lit-html";
import { repeat } from "lit-html/repeat";
import { isSetAside, sentence } from "app/alarm";
import { badge } from "app/level";
import { minute } from "app/clock";
import { called } from "app/person";
import { t, say, nameOf } from "app/words";

/** The newest thing that happened to an alarm. @returns {[number, string]} time, word */
function last(alarm) {
  const happened = [
    [alarm.raised_at, t("raised")],
    [alarm.level_since, alarm.level_since > alarm.raised_at ? t("level changed") : t("raised")],
    [alarm.cleared_at ?? 0, t("cleared")],
    [alarm.acknowledged_at ?? 0, say("acknowledged by %(who)s", { who: called(alarm.acknowledged_by) })],
  ];
  return happened.reduce((a, b) => (b[0] > a[0] ? b : a));
}

export function latestLine(hall, most) {
  const news = hall.store
    .all("alarms")
    .filter((alarm) => !isSetAside(alarm))
    .map((alarm) => [alarm, ...last(alarm)])
    .sort((a, b) => b[1] - a[1] || (a[0].id < b[0].id ? -1 : 1))
    .slice(0, most);
  return html`<b>${t("Latest")}</b>
    <ol>
      ${repeat(
        news,
        ([alarm]) => alarm.id,
        ([alarm, at, word]) => html`<li><time class="quiet">${minute(at)}</time> ${badge(alarm.level)} ${nameOf(alarm)} ${sentence(alarm)} · ${word}</li>`,
      )}
      ${news.length ? "" : html`<li class="quiet">${t("Nothing has happened.")}</li>`}
    </ol>`;
}
