// Rivers against their own marks: warning and guaranteed level.

import { html } from "lit-html";
import { repeat } from "lit-html/repeat";
import { badge } from "app/level";
import { panel } from "app/panels/panel";
import { arrow, dataTime, isStale, riverStanding, unsure, valueOf } from "app/stations";
import { t, nameOf, shortNames } from "app/words";

const MOST = 6;
const share = (m, from, to) => `${Math.max(0, Math.min(100, (100 * (m - from)) / (to - from)))}%`;

function row(hall, gauge, short) {
  const level = valueOf(hall, gauge, "level");
  const stale = isStale(hall, gauge);
  const { warning_level_m: warning, guaranteed_level_m: guaranteed } = gauge.facts;
  const base = gauge.facts.base_level_m ?? (warning ?? 0) - 3;
  const top = (guaranteed ?? (warning ?? base + 3) + 0.5) + 0.3;
  const doubt = unsure(hall, gauge, "level");
  const standing = doubt ? null : riverStanding(level, gauge.facts); // what is not believed has no colour
  const trend = hall.trends.of(gauge.id, "level", 0.02);
  return html`<li class="river ${stale ? "stale" : ""}">
    <span class="name" title=${nameOf(gauge)}>${short(gauge)}</span>
    <span class="gauge ${stale ? "hatched" : ""}" role="img" aria-label=${standing?.text ?? (doubt ? t("In doubt") : t("No data"))}>
      ${level === null ? "" : html`<i class="fill level-${standing?.tier ?? (doubt ? "stale" : "normal")}" style="width:${share(level, base, top)}"></i>`}
      ${warning == null ? "" : html`<i class="mark level-2" style="left:${share(warning, base, top)}"></i>`}
      ${guaranteed == null ? "" : html`<i class="mark level-1" style="left:${share(guaranteed, base, top)}"></i>`}
    </span>
    <b class="value">${level === null ? "—" : `${level.toFixed(2)} m${doubt}`} ${arrow(trend)}</b>
    <span class="standing">${badge(gauge.level, { short: true })} ${standing?.text ?? (doubt ? t("In doubt") : t("No data"))}</span>
  </li>`;
}

export function riversPanel(hall) {
  const gauges = hall.store.all("river");
  const margin = (gauge) => ((unsure(hall, gauge, "level") ? null : valueOf(hall, gauge, "level")) ?? -99) - (gauge.facts.warning_level_m ?? 99);
  const worst = [...gauges].sort((a, b) => (a.level ?? 9) - (b.level ?? 9) || margin(b) - margin(a));
  return panel(
    "rivers",
    html`${t("Rivers")} <small class="key"><i class="level-2"></i>${t("warning")} <i class="level-1"></i>${t("guaranteed")}</small>`,
    dataTime(hall, gauges),
    html`<ul class="rivers">${repeat(worst.slice(0, MOST), (gauge) => gauge.id, (gauge) => row(hall, gauge, shortNames(gauges)))}</ul>`,
  );
}
