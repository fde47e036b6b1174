// Rain of the last hour by gauge, most first, with how many gauges are heard.

import { html } from "lit-html";
import { repeat } from "lit-html/repeat";
import { badge } from "app/level";
import { panel, figure } from "app/panels/panel";
import { dataTime, isStale, rainSum } from "app/stations";
import { t, nameOf, shortNames } from "app/words";

const MOST = 12;

export function rainPanel(hall) {
  const gauges = hall.store.all("rain");
  const rows = gauges
    .map((gauge) => ({ gauge, sum: rainSum(hall, gauge), stale: isStale(hall, gauge) }))
    .sort((a, b) => (b.sum?.mm ?? -1) - (a.sum?.mm ?? -1) || (a.gauge.code < b.gauge.code ? -1 : 1));
  const heard = rows.filter(({ stale, sum }) => !stale && sum);
  const most = heard[0];
  const short = shortNames(gauges);
  const top = Math.max(10, ...rows.map(({ sum }) => sum?.mm ?? 0));
  const mean = heard.length ? heard.reduce((all, { sum }) => all + sum.mm, 0) / heard.length : null;
  return panel(
    "rain",
    html`${t("Rain")} <small>${t("last hour, mm")}</small>`,
    dataTime(hall, gauges),
    html`<div class="figures">
        ${figure(most ? most.sum.mm.toFixed(1) : "—", most ? `${t("Most")} · ${short(most.gauge)}` : t("Most"))}
        ${figure(mean === null ? "—" : mean.toFixed(1), t("Mean"))}
        ${figure(heard.length, t("Online"), `/${gauges.length}`)}
      </div>
      <ol class="bars">
        ${repeat(
          rows.slice(0, MOST),
          ({ gauge }) => gauge.id,
          ({ gauge, sum, stale }) => html`<li class=${stale ? "stale" : ""} title=${nameOf(gauge)}>
            <span class="bar-value">${sum ? sum.mm.toFixed(1) : "—"}${sum && sum.complete < 0.8 ? "*" : ""}</span>
            <span class="bar-box"><i class="bar ${stale ? "hatched" : ""}" style="height:${sum ? Math.max(1, (100 * sum.mm) / top) : 1}%"></i></span>
            <span class="bar-name">${short(gauge)}</span>${badge(gauge.level, { short: true })}
          </li>`,
        )}
      </ol>`,
  );
}
