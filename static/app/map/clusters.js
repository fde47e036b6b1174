// Neighbours drawn as one: a grid of buckets, so that a change touches one bucket. Pure.

/**
 * What one bucket shows. Red is never inside a cluster, and neither is an alarm that nobody acknowledged yet.
 * @param {Iterable<{key: string, x: number, y: number, level: number | null, unacked: boolean, stale: boolean}>} members
 * @returns {object[]} the members themselves, or one {cluster: true, x, y, count, level, stale, members}
 */
export function gather(members) {
  const alone = [];
  const together = [];
  for (const member of members) (member.level === 1 || (member.unacked && member.level !== null) ? alone : together).push(member);
  if (together.length < 2) return [...alone, ...together];
  let x = 0;
  let y = 0;
  let level = null;
  let stale = 0;
  for (const member of together) {
    x += member.x;
    y += member.y;
    if (member.level !== null && (level === null || member.level < level)) level = member.level;
    if (member.stale) stale += 1;
  }
  const count = together.length;
  return [...alone, { cluster: true, x: x / count, y: y / count, count, level, stale, members: together }];
}

export class Buckets {
  constructor(size) {
    this.size = size;
    this._at = new Map();
  }

  key(thing) {
    return `${Math.floor(thing.x / this.size)}:${Math.floor(thing.y / this.size)}`;
  }

  add(key, thing) {
    let bucket = this._at.get(key);
    if (!bucket) this._at.set(key, (bucket = { things: new Set(), shown: [] }));
    bucket.things.add(thing);
    return bucket;
  }

  remove(key, thing) {
    const bucket = this._at.get(key);
    bucket?.things.delete(thing);
    return bucket;
  }

  get(key) {
    return this._at.get(key);
  }

  drop(key) {
    this._at.delete(key);
  }

  clear() {
    this._at.clear();
  }
}
