// Pumps: how many run, which should and do not, which have a fault.

import { html } from "lit-html";
import { repeat } from "lit-html/repeat";
import { alarmClass, byUrgency, isOpen, sentence } from "app/alarm";
import { badge } from "app/level";
import { panel, figure } from "app/panels/panel";
import { dataTime, isStale, pumpsOf } from "app/stations";
import { t, nameOf } from "app/words";

const MOST = 5;

export function pumpsPanel(hall) {
  const stations = hall.store.all("pumps");
  const all = stations.flatMap((station) => {
    const stale = isStale(hall, station);
    return pumpsOf(hall, station).map((pump) => ({ ...pump, stale }));
  });
  const of = (kind) => all.filter((pump) => pump.kind === kind);
  const running = (kind) => of(kind).filter((pump) => pump.running && !pump.stale).length;
  const faults = all.filter((pump) => pump.fault > 0 && !pump.stale).length;
  const offline = all.filter((pump) => pump.stale || pump.running === null).length;
  const wrong = hall.store
    .all("alarms")
    .filter((alarm) => alarm.kind === "pump_station" && isOpen(alarm))
    .sort(byUrgency);
  return panel(
    "pumps",
    t("Pump stations"),
    dataTime(hall, stations),
    html`<div class="figures">
        ${figure(running("storm"), t("Storm running"), `/${of("storm").length}`)}
        ${figure(running("sewage"), t("Sewage running"), `/${of("sewage").length}`)}
        ${figure(faults, t("Faults"))} ${figure(offline, t("Offline"))}
      </div>
      <ul class="rows">
        ${repeat(
          wrong.slice(0, MOST),
          (alarm) => alarm.id,
          (alarm) => html`<li class=${alarmClass(alarm).replace("alarm ", "")}>
            <span class="name">${nameOf(alarm)} <span class="quiet">${sentence(alarm)}</span></span>${badge(alarm.level)}
          </li>`,
        )}
        ${wrong.length ? "" : html`<li class="quiet">${t("No pump alarms.")}</li>`}
      </ul>`,
  );
}
