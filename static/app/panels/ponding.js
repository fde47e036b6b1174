// Ponding sites: how many at each level, and the deepest.

import { html } from "lit-html";
import { repeat } from "lit-html/repeat";
import { badge } from "app/level";
import { panel } from "app/panels/panel";
import { arrow, dataTime, isStale, unsure, valueOf } from "app/stations";
import { t, say, nameOf } from "app/words";

const MOST = 6;

export function pondingPanel(hall) {
  const sites = hall.store.all("ponding");
  const stale = sites.filter((site) => isStale(hall, site)).length;
  const counts = [1, 2, 3, 4].map((level) => [level, sites.filter((site) => site.level === level).length]);
  const deepest = sites
    .map((site) => ({ site, depth: valueOf(hall, site, "depth") ?? -1, stale: isStale(hall, site) }))
    .filter(({ depth }) => depth > 0)
    .sort((a, b) => (a.site.level ?? 9) - (b.site.level ?? 9) || b.depth - a.depth || (a.site.code < b.site.code ? -1 : 1));
  return panel(
    "ponding",
    html`${t("Ponding")} <small>${say("%(count)s sites", { count: sites.length })}</small>`,
    dataTime(hall, sites),
    html`<p class="counts">
        ${counts.map(([level, n]) => html`<span class=${n ? "" : "none"}>${badge(level)}<b class="number">${n}</b></span>`)}
        <span class="level-stale ${stale ? "" : "none"}"><span class="level"><i class="hatch-chip hatched"></i>${t("No data")}</span><b class="number">${stale}</b></span>
      </p>
      <ul class="rows">
        ${repeat(
          deepest.slice(0, MOST),
          ({ site }) => site.id,
          ({ site, depth, stale: old }) => html`<li class=${old ? "stale" : ""}>
            <span class="name">${nameOf(site)}</span>${badge(site.level, { short: true })}
            <b class="value">${depth.toFixed(0)} cm${unsure(hall, site, "depth")} ${arrow(hall.trends.of(site.id, "depth", 1))}</b>
          </li>`,
        )}
        ${deepest.length ? "" : html`<li class="quiet">${t("No water on the roads.")}</li>`}
      </ul>`,
  );
}
