// Labels of the most urgent places, and the one thing that moves: the ring round the newest unacknowledged red.

import { html, render } from "lit-html";
import { repeat } from "lit-html/repeat";
import { badge } from "app/level";
import { place } from "app/map/placing";
import { movedTo } from "app/moved";
import { byUrgency, isOpen, isUnacknowledged, sentence } from "app/alarm";
import { nameOf } from "app/words";

const OVER_THE_MAP = ".layer-switch, .warnings, .legend, .north, .leaflet-control, .plume-word";

/** As wide as its text: a box whose text goes on below would stay as wide as it may be, and cover the map with nothing. */
function shrink(label) {
  label.style.width = "";
  const parts = [...label.children];
  const right = Math.max(...parts.map(({ offsetLeft, offsetWidth }) => offsetLeft + offsetWidth));
  const width = right + parts[0].offsetLeft + 2 * label.clientLeft + 1;
  if (width < label.offsetWidth) label.style.width = `${width}px`;
}

export class Callouts {
  /** @param {{map: object, store: object, most: number, scale: () => number, worst?: number}} options worst level shown: 1 … worst */
  constructor({ map, store, most, scale, worst = 2 }) {
    Object.assign(this, { map, store, most, scale, worst });
    this.box = document.createElement("div");
    this.box.className = "callouts";
    map.getContainer().append(this.box);
    map.on("move viewreset resize", () => this.arrange());
    map.on("zoomstart", () => this.box.classList.add("hidden"));
    map.on("zoomend", () => {
      this.box.classList.remove("hidden");
      this.arrange();
    });
    store.addEventListener("change", ({ touched, stations }) => {
      if (touched.has("alarms") || !stations || this.shown?.some(({ station }) => stations.has(station))) this.update();
    });
  }

  update() {
    const stations = new Set();
    this.shown = this.store
      .all("alarms")
      .filter((alarm) => isOpen(alarm) && alarm.level <= this.worst && alarm.lon != null)
      .sort(byUrgency)
      .filter(({ station }) => !stations.has(station) && stations.add(station))
      .slice(0, this.most);
    const newest = this.shown.filter((alarm) => alarm.level === 1 && isUnacknowledged(alarm)).sort((a, b) => b.level_since - a.level_since)[0];
    render(
      html`${newest ? html`<i class="pulse" data-id=${newest.id}></i>` : ""}
      ${repeat(
        this.shown,
        (alarm) => alarm.id,
        (alarm) =>
          html`<p class="callout level-${alarm.level}">
            ${badge(alarm.level)} <b class="shrinks-first">${nameOf(alarm)}</b> <span class="shrinks-last">${sentence(alarm)}${movedTo(this.store, alarm)}</span>
          </p>`,
      )}`,
      this.box,
    );
    this.newest = newest;
    for (const label of this.box.querySelectorAll(".callout")) shrink(label);
    this.arrange();
  }

  arrange() {
    if (!this.shown) return;
    const { x: w, y: h } = this.map.getSize();
    const at = (alarm) => this.map.latLngToContainerPoint([alarm.lat, alarm.lon]);
    const labels = [...this.box.querySelectorAll(".callout")];
    const inView = this.shown.map(at).map((p) => p.x >= 0 && p.y >= 0 && p.x <= w && p.y <= h);
    const wanted = this.shown.map((alarm, i) => ({ ...pick(at(alarm)), w: labels[i].offsetWidth, h: labels[i].offsetHeight }));
    const visible = wanted.filter((_, i) => inView[i]);
    const places = place(visible, { w, h }, 20 * this.scale(), this._covered());
    labels.forEach((label, i) => {
      const spot = inView[i] ? places[visible.indexOf(wanted[i])] : null;
      label.style.visibility = spot ? "visible" : "hidden";
      if (spot) label.style.translate = `${Math.round(spot.left)}px ${Math.round(spot.top)}px`;
    });
    const ring = this.box.querySelector(".pulse");
    if (ring) {
      const p = at(this.newest);
      ring.style.translate = `${Math.round(p.x)}px ${Math.round(p.y)}px`;
    }
  }

  /** What lies over the map, in its pixels: the layer panel, the warnings, the legend. */
  _covered() {
    const map = this.map.getContainer();
    const { left, top } = map.getBoundingClientRect();
    return [...map.parentElement.querySelectorAll(OVER_THE_MAP)].map((element) => {
      const box = element.getBoundingClientRect();
      return { l: box.left - left, t: box.top - top, r: box.right - left, b: box.bottom - top };
    });
  }
}

const pick = ({ x, y }) => ({ x, y });
