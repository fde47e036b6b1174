// Live objects on the map: one canvas, objects in a grid index, only the squares that changed are drawn again.

import { L } from "app/map/leaflet";
import { Cells } from "app/map/cells";
import { Buckets, gather } from "app/map/clusters";
import { drawCount, radius, sprite } from "app/map/marks";

const CELL = 64;
const ALONE_FROM_ZOOM = 15;
const SAME_PX = 2;

const worldX = (lon) => (lon + 180) / 360;
const worldY = (lat) => {
  const s = Math.sin((Math.max(-85, Math.min(85, lat)) * Math.PI) / 180);
  return 0.5 - Math.log((1 + s) / (1 - s)) / (4 * Math.PI);
};
const z = (look) => (look.level ? 10 - look.level : look.cluster ? 2 : 1) + (look.unacked ? 10 : 0);

const looksSame = (a, b) =>
  a.count === b.count && a.level === b.level && !a.stale === !b.stale && Math.abs(a.x - b.x) < 2 && Math.abs(a.y - b.y) < 2;

/**
 * put(key, {lat, lon, kind, level, stale, unacked, data}) adds, moves or changes; remove(key); clear().
 * Fires "pick" with {members: [data …], latlng} when somebody clicks an object or a cluster that cannot open further.
 */
export const LiveLayer = L.Renderer.extend({
  options: { padding: 0.15, scale: 1, interactive: true },

  initialize(options) {
    L.Renderer.prototype.initialize.call(this, options);
    this._things = new Map();
    this._cells = new Cells(CELL);
    this._buckets = new Buckets(1);
    this._touched = new Map();
    this._zoomOfItems = null;
    this._full = true;
  },

  /** Bigger or smaller marks (a wall's root size). */
  setScale(scale) {
    if (scale === this.options.scale) return;
    this.options.scale = scale;
    this._zoomOfItems = null;
    if (this._map) this._update();
  },

  put(key, thing) {
    const before = this._things.get(key);
    if (
      before &&
      before.lat === thing.lat &&
      before.lon === thing.lon &&
      before.level === thing.level &&
      before.stale === thing.stale &&
      !before.flawed === !thing.flawed &&
      before.unacked === thing.unacked
    ) {
      before.data = thing.data;
      return;
    }
    if (before) this._take(before);
    const now = { ...thing, key, wx: worldX(thing.lon), wy: worldY(thing.lat) };
    this._things.set(key, now);
    if (this._zoomOfItems !== null) {
      this._project(now);
      this._show(now);
    }
    this._soon();
  },

  remove(key) {
    const thing = this._things.get(key);
    if (!thing) return;
    this._things.delete(key);
    this._take(thing);
    this._soon();
  },

  keys() {
    return this._things.keys();
  },

  redraw() {
    this._full = true;
    this._soon();
  },

  // --- buckets and items -------------------------------------------------------------------------
  _project(thing) {
    const size = 256 * 2 ** this._zoomOfItems;
    thing.x = thing.wx * size;
    thing.y = thing.wy * size;
    thing.z = z(thing);
    thing.r = radius(thing) * this.options.scale;
  },

  _show(thing) {
    if (this._zoomOfItems >= ALONE_FROM_ZOOM) {
      this._cells.add(thing);
      return;
    }
    thing.bucket = this._buckets.key(thing);
    this._touched.set(thing.bucket, this._buckets.add(thing.bucket, thing));
  },

  _take(thing) {
    if (this._zoomOfItems === null) return;
    if (this._zoomOfItems >= ALONE_FROM_ZOOM) {
      this._cells.remove(thing);
      return;
    }
    const bucket = this._buckets.remove(thing.bucket, thing);
    if (bucket) this._touched.set(thing.bucket, bucket);
  },

  /** Buckets that changed are gathered once a frame, however much moved in them. */
  _gather() {
    for (const [key, bucket] of this._touched) this._regather(key, bucket);
    this._touched.clear();
  },

  /** What stays as it is, or moves by less than can be seen, is not drawn again. */
  _regather(key, bucket) {
    const before = new Set(bucket.shown);
    const [cluster] = bucket.shown.filter((item) => item.cluster);
    bucket.shown = gather(bucket.things).map((item) => {
      if (!item.cluster) return item;
      if (cluster && looksSame(cluster, item)) return Object.assign(cluster, { members: item.members });
      item.z = z(item);
      item.r = radius(item) * this.options.scale;
      return item;
    });
    for (const item of bucket.shown) if (!before.delete(item)) this._cells.add(item);
    for (const item of before) this._cells.remove(item);
    if (bucket.things.size === 0) this._buckets.drop(key);
  },

  _rebuild() {
    this._cells.clear();
    this._buckets = new Buckets(34 * this.options.scale);
    this._zoomOfItems = this._map.getZoom();
    this._touched.clear();
    for (const thing of this._things.values()) {
      this._project(thing);
      this._show(thing);
    }
    this._full = true;
  },

  // --- the canvas --------------------------------------------------------------------------------
  _initContainer() {
    this._container = document.createElement("canvas");
    this._c = this._container.getContext("2d");
    if (this.options.interactive) {
      this._map.on("click", this._click, this);
      this._map.on("mousemove", this._move, this);
    }
  },

  _destroyContainer() {
    cancelAnimationFrame(this._frame);
    this._frame = null;
    this._map.off("click", this._click, this);
    this._map.off("mousemove", this._move, this);
    this._container.remove();
    delete this._container;
    delete this._c;
  },

  _update() {
    if (this._map._animatingZoom && this._bounds) return;
    L.Renderer.prototype._update.call(this);
    const size = this._bounds.getSize();
    const ratio = window.devicePixelRatio || 1;
    const canvas = this._container;
    L.DomUtil.setPosition(canvas, this._bounds.min);
    if (canvas.width !== Math.round(size.x * ratio) || canvas.height !== Math.round(size.y * ratio)) {
      canvas.width = Math.round(size.x * ratio);
      canvas.height = Math.round(size.y * ratio);
      canvas.style.width = `${size.x}px`;
      canvas.style.height = `${size.y}px`;
    }
    if (this._zoomOfItems !== this._map.getZoom()) this._rebuild();
    this._full = true;
    this._draw();
  },

  _updatePaths() {},

  _soon() {
    if (this._frame || !this._map) return;
    this._frame = requestAnimationFrame(() => {
      this._frame = null;
      if (this._map && !this._map._animatingZoom) this._draw();
    });
  },

  _draw() {
    this._gather();
    const ratio = window.devicePixelRatio || 1;
    const corner = this._map.getPixelOrigin().add(this._bounds.min);
    const size = this._bounds.getSize();
    const c = this._c;
    c.setTransform(ratio, 0, 0, ratio, 0, 0);
    const cells = this._cells;
    if (this._full) {
      for (let x = Math.floor(corner.x / CELL); x * CELL < corner.x + size.x; x += 1)
        for (let y = Math.floor(corner.y / CELL); y * CELL < corner.y + size.y; y += 1)
          cells.dirty.add(y * 0x4000000 + x);
    }
    for (const key of cells.dirty) {
      const [x, y] = cells.corner(key);
      const left = x - corner.x;
      const top = y - corner.y;
      if (left > size.x || top > size.y || left + CELL < 0 || top + CELL < 0) continue;
      c.save();
      c.beginPath();
      c.rect(left, top, CELL, CELL);
      c.clip();
      c.clearRect(left, top, CELL, CELL);
      for (const item of [...cells.in(key)].sort((a, b) => a.z - b.z)) {
        const image = sprite(item, this.options.scale * ratio);
        const side = image.width / ratio;
        c.drawImage(image, item.x - corner.x - side / 2, item.y - corner.y - side / 2, side, side);
        if (item.cluster) drawCount(c, item.count, item.x - corner.x, item.y - corner.y, this.options.scale);
      }
      c.restore();
    }
    cells.dirty.clear();
    this._full = false;
  },

  // --- pointing ----------------------------------------------------------------------------------
  _at(event) {
    this._gather();
    const world = this._map.getPixelOrigin().add(event.layerPoint);
    return this._cells.hit(world.x, world.y);
  },

  _click(event) {
    const hit = this._at(event);
    const [item] = hit;
    if (!item) return;
    L.DomEvent.stop(event.originalEvent);
    if (item.cluster && this._map.getZoom() < ALONE_FROM_ZOOM) {
      this._map.setView(this._map.unproject([item.x, item.y], this._zoomOfItems), Math.min(this._map.getZoom() + 2, ALONE_FROM_ZOOM));
      return;
    }
    // What lies at the very same place, as a building and its fire host do, could never be reached beneath it.
    const members = item.cluster ? item.members : hit.filter((one) => !one.cluster && Math.abs(one.x - item.x) < SAME_PX && Math.abs(one.y - item.y) < SAME_PX);
    const latlng = this._map.unproject([item.x, item.y], this._zoomOfItems);
    this.fire("pick", { members: members.map((member) => member.data), latlng });
  },

  _move(event) {
    this._map.getContainer().classList.toggle("over-object", this._at(event).length > 0);
  },
});
