// The strip of public warnings on wall and desk: colour with its word, kind, area, since and until.

import { html } from "lit-html";
import { repeat } from "lit-html/repeat";
import { day, minute } from "app/clock";
import { badge } from "app/level";
import { pictogram } from "app/map/marks";
import { bySeverity, kindOf, span, titleOf } from "app/warning";
import { LANGUAGE, t, say, count, nameOf } from "app/words";

/** That nothing is heard of a feed: an empty strip is then no proof that nothing stands. */
const silentFeed = (feed) =>
  feed.heard_at === null
    ? say("%(feed)s: no contact", { feed: feed.name })
    : say("%(feed)s: no contact since %(since)s", { feed: feed.name, since: `${day(feed.heard_at, LANGUAGE)} ${minute(feed.heard_at)}` });

/** @param {object} hall @param {number} most shown @param {boolean} linked whether each leads to its page */
export function warningStrip(hall, most, linked = false) {
  const standing = hall.store.all("warnings").sort(bySeverity);
  const silent = hall.store.all("warning_feeds");
  if (!standing.length && !silent.length) return "";
  const body = (warning) => html`${badge(warning.level, { chip: true }) || ""} <b>${pictogram("warnings")} ${kindOf(warning)}</b>
    ${warning.exercise ? html`<em>${t("Exercise")}</em>` : ""}
    <span class="where">${warning.places.map(nameOf).join("、")}</span> <span class="quiet">${span(warning)}</span>`;
  return html`<ul class="warnings" aria-label=${t("Public warnings")}>
    ${repeat(
      standing.slice(0, most),
      ({ id }) => id,
      (warning) => html`<li class="level-${warning.level ?? "none"}" title=${titleOf(warning)}>${linked ? html`<a href="/warnings/${warning.id}/">${body(warning)}</a>` : body(warning)}</li>`,
    )}
    ${standing.length > most ? html`<li class="quiet">${count("%(count)s more warning", "%(count)s more warnings", standing.length - most)}</li>` : ""}
    ${silent.map((feed) => html`<li class="level-stale">${silentFeed(feed)}</li>`)}
  </ul>`;
}
