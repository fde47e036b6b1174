// Which things touch which square of the plane, and which squares must be drawn again. Pure.

export class Cells {
  /** @param {number} size side of a square, in the units of the boxes */
  constructor(size) {
    this.size = size;
    this._at = new Map();
    this.dirty = new Set();
  }

  /** @param {{x: number, y: number, r: number}} item */
  *_keys({ x, y, r }) {
    const s = this.size;
    for (let cx = Math.floor((x - r) / s); cx <= Math.floor((x + r) / s); cx += 1)
      for (let cy = Math.floor((y - r) / s); cy <= Math.floor((y + r) / s); cy += 1) yield cy * 0x4000000 + cx;
  }

  /** The square's corner. */
  corner(key) {
    const cy = Math.floor(key / 0x4000000);
    return [(key - cy * 0x4000000) * this.size, cy * this.size];
  }

  add(item) {
    for (const key of this._keys(item)) {
      let here = this._at.get(key);
      if (!here) this._at.set(key, (here = new Set()));
      here.add(item);
      this.dirty.add(key);
    }
  }

  remove(item) {
    for (const key of this._keys(item)) {
      const here = this._at.get(key);
      here?.delete(item);
      if (here?.size === 0) this._at.delete(key);
      this.dirty.add(key);
    }
  }

  in(key) {
    return this._at.get(key) ?? NOTHING;
  }

  /** The items whose circle holds the point, topmost first. */
  hit(x, y) {
    const key = Math.floor(y / this.size) * 0x4000000 + Math.floor(x / this.size);
    return [...this.in(key)]
      .filter((item) => (item.x - x) ** 2 + (item.y - y) ** 2 <= item.r ** 2)
      .sort((a, b) => b.z - a.z || (a.x - x) ** 2 + (a.y - y) ** 2 - (b.x - x) ** 2 - (b.y - y) ** 2);
  }

  clear() {
    this._at.clear();
    this.dirty.clear();
  }
}

const NOTHING = new Set();
