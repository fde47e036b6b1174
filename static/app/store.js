// What we know now, by layer and id: the only place that applies news. Pure: imports nothing, runs in Node as it is.

/** The layers whose features are stations, one per kind. */
export const STATION_LAYERS = ["rain", "river", "ponding", "pumps", "cameras", "gas", "fire", "vehicles"];

const EMPTY = new Map();

/**
 * Columns to features.
 * @param {{[column: string]: any[]}} columns equal lengths; "id" among them
 * @returns {object[]}
 */
export function features(columns) {
  const names = Object.keys(columns ?? {});
  const count = names.length ? columns[names[0]].length : 0;
  const rows = new Array(count);
  for (let i = 0; i < count; i += 1) {
    const row = {};
    for (const name of names) row[name] = columns[name][i];
    rows[i] = row;
  }
  return rows;
}

/** When a value was observed: [value, ms, quality], or rain's {at: ms, …}. */
const observedAt = (value) => (Array.isArray(value) ? value[1] : value?.at);

/**
 * Fires "change" once per message, with ``touched`` (Map of layer → Set of ids whose feature changed or went) and
 * ``stations`` (Set of station ids with new values, or null: all of them).
 */
export class Store extends EventTarget {
  constructor() {
    super();
    /** @type {Map<string, Map<string, object>>} features by layer and id */
    this.layers = new Map();
    /** @type {Map<string, object>} {channel: [value, observed_at_ms, quality], rain?: {at, "1h": [mm, complete]}} by station */
    this.values = new Map();
    /** Where we stand: what a hello tells the server. */
    this.position = null;
    this._layerOf = new Map();
  }

  get ready() {
    return this.position !== null;
  }

  layer(name) {
    return this.layers.get(name) ?? EMPTY;
  }

  all(name) {
    return [...this.layer(name).values()];
  }

  /** @returns {[string, object] | undefined} the layer and the feature of a station */
  station(id) {
    const name = this._layerOf.get(id);
    return name && [name, this.layers.get(name).get(id)];
  }

  /** A point's newest value. @returns {[number, number, number] | undefined} value, observed_at_ms, quality */
  value(station, channel) {
    return this.values.get(station)?.[channel];
  }

  /** Everything anew: what is not in the snapshot is gone. */
  reset({ epoch, cursor, values_cursor, scope, layers, values }) {
    const touched = new Map();
    for (const name of new Set([...this.layers.keys(), ...Object.keys(layers)])) {
      const before = this.layers.get(name) ?? EMPTY;
      const now = new Map(features(layers[name]).map((feature) => [String(feature.id), feature]));
      this.layers.set(name, now);
      touched.set(name, new Set([...before.keys(), ...now.keys()]));
    }
    this._layerOf.clear();
    for (const name of STATION_LAYERS) for (const id of this.layer(name).keys()) this._layerOf.set(id, name);
    this.values = new Map(Object.entries(values ?? {}));
    this.position = { epoch, cursor, values_cursor, scope };
    this._tell(touched, null);
  }

  /**
   * One page of numbered changes. What is older than what we know is dropped.
   * @returns {boolean} whether it was news
   */
  apply({ cursor, layers = {} }) {
    if (!this.ready || cursor < this.position.cursor) return false;
    const touched = new Map();
    for (const [name, { put = {}, drop = [] }] of Object.entries(layers)) {
      if (!this.layers.has(name)) this.layers.set(name, new Map());
      const known = this.layers.get(name);
      const ids = new Set();
      for (const feature of features(put)) {
        const id = String(feature.id);
        known.set(id, feature);
        if (STATION_LAYERS.includes(name)) this._layerOf.set(id, name);
        ids.add(id);
      }
      for (const id of drop.map(String)) {
        if (!known.delete(id)) continue;
        if (this._layerOf.get(id) === name) this._layerOf.delete(id);
        ids.add(id);
      }
      if (ids.size) touched.set(name, ids);
    }
    this.position.cursor = cursor;
    if (touched.size) this._tell(touched, new Set());
    return true;
  }

  /** Newest values by station and channel; an older one never replaces a newer one. */
  take({ values_cursor, values }) {
    if (!this.ready) return;
    const stations = new Set();
    for (const [id, points] of Object.entries(values)) {
      if (!this.values.has(id)) this.values.set(id, {});
      const known = this.values.get(id);
      for (const [channel, value] of Object.entries(points)) {
        if (known[channel] && observedAt(value) < observedAt(known[channel])) continue;
        known[channel] = value;
        stations.add(id);
      }
    }
    if (values_cursor !== undefined) this.position.values_cursor = values_cursor;
    if (stations.size) this._tell(new Map(), stations);
  }

  _tell(touched, stations) {
    this.dispatchEvent(Object.assign(new Event("change"), { touched, stations }));
  }
}
