// Open alarms: how many nobody acknowledged, and the most urgent.

import { html } from "lit-html";
import { repeat } from "lit-html/repeat";
import { alarmClass, alarmRow, byUrgency, isOpen, isSetAside, isUnacknowledged } from "app/alarm";
import { badge } from "app/level";
import { panel } from "app/panels/panel";
import { t, say, count } from "app/words";

export function alarmsPanel(hall, most) {
  const all = hall.store.all("alarms").filter((alarm) => !isSetAside(alarm)).sort(byUrgency);
  const aside = hall.store.layer("alarms").size - all.length;
  const open = all.filter(isOpen);
  const waiting = all.filter(isUnacknowledged).length;
  const now = hall.clock.now() ?? 0;
  const rest = all.length - most;
  return panel(
    "alarms",
    html`${t("Alarms")} <small class=${waiting ? "waiting" : ""}>${say("%(count)s unacknowledged", { count: waiting })}</small>`,
    null,
    html`<p class="counts">
        ${[1, 2, 3, 4].map((level) => {
          const n = open.filter((alarm) => alarm.level === level).length;
          return html`<span class=${n ? "" : "none"}>${badge(level)}<b class="number">${n}</b></span>`;
        })}
      </p>
      <ol class="alarms">
        ${repeat(
          all.slice(0, most),
          ({ id }) => id,
          (alarm) => html`<li class=${alarmClass(alarm)}>${alarmRow(alarm, now, hall.store)}</li>`,
        )}
        ${all.length ? "" : html`<li class="quiet">${t("No open alarms.")}</li>`}
      </ol>
      ${aside ? html`<p class="quiet">${say("%(count)s set aside", { count: aside })}</p>` : ""}
      ${rest > 0 ? html`<p class="quiet more">${count("%(count)s more, less urgent", "%(count)s more, less urgent", rest)}</p>` : ""}`,
  );
}
