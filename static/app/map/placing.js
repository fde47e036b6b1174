// Labels beside points: where there is room. Pure.

/**
 * Places for labels beside their points so that they do not cover each other or the points. Pure.
 * @param {{x: number, y: number, w: number, h: number}[]} wanted most urgent first
 * @param {{w: number, h: number}} room
 * @param {number} gap from the point to its label
 * @param {{l: number, t: number, r: number, b: number}[]} covered what lies over the map: no label goes below it
 * @returns {({left: number, top: number} | null)[]} null: no room
 */
export function place(wanted, room, gap, covered = []) {
  const taken = wanted.map(({ x, y }) => ({ l: x - gap * 0.8, t: y - gap * 0.8, r: x + gap * 0.8, b: y + gap * 0.8 }));
  return wanted.map(({ x, y, w, h }, i) => {
    const sides = [
      [x + gap, y - h / 2],
      [x - gap - w, y - h / 2],
      [x - w / 2, y - gap - h],
      [x - w / 2, y + gap],
      [x + gap * 0.7, y - gap - h],
      [x + gap * 0.7, y + gap],
      [x - gap * 0.7 - w, y - gap - h],
      [x - gap * 0.7 - w, y + gap],
    ];
    for (const [left, top] of sides) {
      const box = { l: left, t: top, r: left + w, b: top + h };
      const inside = box.l >= 0 && box.t >= 0 && box.r <= room.w && box.b <= room.h;
      const clear = (other) => box.r <= other.l || box.l >= other.r || box.b <= other.t || box.t >= other.b;
      const free = covered.every(clear) && taken.every((other, j) => j === i || clear(other));
      if (inside && free) {
        taken.push(box);
        return { left, top };
      }
    }
    return null;
  });
}
