// The browser code that imports nothing, tried under Node. One JSON line: {sentence: null | what went wrong}.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";

const app = new URL("../../static/app/", import.meta.url);
const load = (path) => import(`data:text/javascript;base64,${readFileSync(new URL(path, app)).toString("base64")}`);

const { Store } = await load("store.js");
const { Live } = await load("live.js");
const { Cells } = await load("map/cells.js");
const { gather, Buckets } = await load("map/clusters.js");
const { place } = await load("map/placing.js");
const { LAYOUTS, layoutFor } = await load("wall/layouts.js");
const { withGaps, spans, doubts } = await load("station/series.js");
const { byUrgency, firstPage, isOpen, isUnacknowledged } = await load("urgency.js");
const { floodOf, fold } = await load("desk/flood.js");
const { aloud, Bell, isCalled, leastOf, waitOf } = await load("desk/bell.js");
const { apart, beside, inOrder, pages, shown } = await load("video/arrange.js");
const { nameIn } = await load("names.js");
const { movedTo } = await load("moved.js");

const told = {};
async function test(sentence, act) {
  try {
    await act();
    told[sentence] = null;
  } catch (error) {
    told[sentence] = error.stack;
  }
}

/** A small generator, so that a failure comes back with the same numbers. */
function numbers(seed) {
  let state = seed;
  return () => {
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9) | 0;
    return ((state ^ (state >>> 13)) >>> 0) / 2 ** 32;
  };
}

const SNAPSHOT = {
  epoch: "e", cursor: 5, values_cursor: "9", scope: "s",
  layers: { ponding: { id: ["a", "b"], name: ["A", "B"], level: [null, 2] }, alarms: { id: [], level: [] } },
  values: { a: { depth: [3, 1000, 0] } },
};
const filled = () => {
  const store = new Store();
  store.reset(structuredClone(SNAPSHOT));
  return store;
};

const alarm = (id, more = {}) => ({
  id, level: 4, condition: "active", state: "unacknowledged", rang: true, suppression: "none", raised_at: 0, level_since: 0, ...more,
});

const TOWNS = Array.from({ length: 12 }, (_, n) => `/dy/t${n}/`);
const areaOf = ({ area }) => area;
const causeOf = ({ rule }) => rule;
/** A thousand new alarms, 20 of them high, of ``causes`` in twelve towns. */
const thousand = (causes) => {
  const random = numbers(5);
  const any = (list) => list[Math.floor(random() * list.length)];
  return Array.from({ length: 1000 }, (_, n) =>
    alarm(`n${n}`, { level: n < 20 ? 1 + (n % 2) : 3 + (n % 2), raised_at: n * 600, level_since: n * 600, area: any(TOWNS), rule: any(causes) }),
  ).sort(byUrgency);
};

await test("T1: of a thousand alarms the 20 high ones stay single, the others are ten rows at most, and none is dropped", () => {
  for (const number of [1, 3, 8, 10, 11, 40]) {
    const rows = thousand(Array.from({ length: number }, (_, n) => `cause${n}`));
    const { high, folded } = fold(rows, 10, areaOf, causeOf);
    assert.deepEqual(high, rows.slice(0, 20)); // on top, in their order
    assert.deepEqual(rows.filter(({ level }) => level <= leastOf(true, 4)), high); // what the tone is for
    assert.ok(folded.length > 0 && folded.length <= 10);
    const all = [...high, ...folded.flatMap(({ alarms }) => alarms)];
    assert.equal(all.length, 1000);
    assert.deepEqual(new Set(all), new Set(rows));
    assert.equal(new Set(folded.map(({ key }) => key)).size, folded.length);
    for (const { area, cause, alarms, worst, newest } of folded) {
      assert.ok(alarms.every((one) => (!area || one.area === area) && (!cause || one.rule === cause)));
      assert.deepEqual(alarms, rows.filter((one) => alarms.includes(one))); // still by urgency
      assert.equal(worst, Math.min(...alarms.map(({ level }) => level)));
      assert.equal(newest, Math.max(...alarms.map(({ raised_at }) => raised_at)));
    }
  }
});

await test("few places and causes keep a row each, and the cause of most places gives way first", () => {
  const of = (rule, area, level = 3) => alarm(`${rule}${area}`, { rule, area, level });
  const few = [of("ponding", "a"), of("ponding", "b"), of("silent", "a", 4)];
  assert.deepEqual(fold(few, 10, areaOf, causeOf).folded.map(({ key }) => key), ["ponding|a", "ponding|b", "silent|a"]);
  assert.deepEqual(fold(few, 2, areaOf, causeOf).folded.map(({ key }) => key), ["ponding|", "silent|a"]);
  assert.deepEqual(fold(few, 1, areaOf, causeOf).folded.map(({ alarms }) => alarms.length), [3]);
});

await test("a desk is flooded by its own flood only", () => {
  const town = { area: "/dy/a/", began_at: 5 }, whole = { area: "/dy/", began_at: 9 };
  assert.equal(floodOf([town, whole], ["/dy/"]), whole);
  assert.equal(floodOf([town], ["/dy/"]), undefined);
  assert.equal(floodOf([whole, town], ["/dy/", "/dy/a/"]), town);
});

await test("an alarm of forty days is on the first page, whatever came since", () => {
  const old = alarm("old", { state: "acknowledged" });
  const rows = [old, ...Array.from({ length: 300 }, (_, n) => alarm(`n${n}`, { level: 3, raised_at: 1000 + n, level_since: 1000 + n }))].sort(byUrgency);
  const page = firstPage(rows, 200, ({ id }) => id === "old");
  assert.equal(page.length, 200);
  assert.equal(page.at(-1), old);
  assert.deepEqual(page.slice(0, 199), rows.slice(0, 199));
  assert.equal(firstPage(rows.slice(0, 5), 200, () => false).length, 5);
});

await test("no age pushes a red down: the level counts first, then what nobody acknowledged, then the newer", () => {
  const at = (id, level, level_since, more) => alarm(id, { level, level_since, ...more });
  const rows = [at("seen", 4, 9, { state: "acknowledged" }), at("newer", 4, 8), at("older", 4, 7), at("red", 1, 0), at("over", 1, 9, { condition: "cleared" })];
  assert.deepEqual(rows.sort(byUrgency).map(({ id }) => id), ["red", "newer", "older", "seen", "over"]);
});

await test("what is set aside neither is open nor waits, and stands last", () => {
  const aside = alarm("a", { level: 1, suppression: "shelved" });
  assert.deepEqual([isOpen(aside), isUnacknowledged(aside)], [false, false]);
  assert.deepEqual([aside, alarm("b")].sort(byUrgency).map(({ id }) => id), ["b", "a"]);
});

const ON_DUTY = [
  { user: "town", area: "/dy/a/", desk: 1, position: "officer" },
  { user: "first", area: "/dy/", desk: 1, position: "officer" },
  { user: "second", area: "/dy/", desk: 2, position: "officer" },
  { user: "leader", area: "/dy/", desk: 1, position: "leader" },
];
const STEPS_S = [0, 30, 60, 120];

await test("T12: an alarm sounds at its own desk at once, at the next one and at the leader's later", () => {
  const waits = (area) => ["town", "first", "second", "leader", "guest"].map((me) => waitOf(me, ON_DUTY, area, STEPS_S));
  assert.deepEqual(waits("/dy/a/"), [0, 30, Infinity, 60, 0]);
  assert.deepEqual(waits("/dy/b/"), [0, 0, 30, 60, 0]); // the town's officer is not on duty there: nobody planned otherwise
  assert.equal(waitOf("first", [], "/dy/", STEPS_S), 0);
  const call = { steps: [{ who: [{ user: "first" }] }, { who: [] }] };
  assert.deepEqual([isCalled(call, "first"), isCalled(call, "leader"), isCalled(undefined, "first")], [true, false, false]);
});

await test("T12: it sounds until it is acknowledged; news is what is new, worse, or rings again", () => {
  const bell = new Bell();
  const ids = (alarms) => alarms.map(({ id }) => id);
  const look = (at, wait, ...alarms) => {
    const { calling, fresh } = bell.look(alarms, at, () => wait);
    return [ids(calling), ids(fresh)];
  };
  const red = alarm("a", { level: 1 });
  assert.deepEqual(look(0, 0, red), [["a"], ["a"]]);
  assert.deepEqual(look(50, 0, red), [["a"], []]);
  assert.deepEqual(look(60, 30, red), [["a"], []]); // what sounds already goes on
  assert.deepEqual(look(99, 0, red, alarm("b", { level: 3 })), [["a", "b"], ["b"]]);
  assert.deepEqual(look(100, 0, { ...red, facts: { again: 1 } }, alarm("b", { level: 2 })), [["a", "b"], ["a", "b"]]);
  assert.deepEqual(look(101, 0, alarm("b", { level: 2 })), [["b"], []]); // acknowledged: gone at once
  assert.deepEqual(look(102, 0), [[], []]);
});

await test("T12: the next desk's screen waits its real seconds, and is not handed what is over", () => {
  const bell = new Bell();
  const sounding = (at, wait, ...alarms) => bell.look(alarms, at, () => wait).calling.map(({ id }) => id);
  const there = alarm("a", { condition: "active" });
  const gone = alarm("b", { condition: "cleared" });
  assert.deepEqual(sounding(0, 30, there, gone), []);
  assert.deepEqual(sounding(29999, 30, there, gone), []);
  assert.deepEqual(sounding(30000, 30, there, gone), ["a"]);
  assert.deepEqual(sounding(30001, 0, there, gone), ["a", "b"]); // the server says that it is called
  assert.deepEqual(sounding(99999, Infinity, alarm("c")), []);
});

await test("T12: a sentence is spoken with its units in words", () => {
  assert.equal(aloud("东三路下穿 · 积水 46 cm"), "东三路下穿，积水 46厘米");
  assert.equal(aloud("1 小时降雨 52.5 mm，甲烷 25%LEL，硫化氢 15 mg/m³"), "1 小时降雨 52.5毫米，甲烷 百分之25爆炸下限，硫化氢 15 毫克每立方米");
});

await test("a snapshot replaces everything and says what went", () => {
  const store = filled();
  let touched;
  store.addEventListener("change", (event) => (touched = event.touched));
  store.reset({ ...SNAPSHOT, layers: { ponding: { id: ["b"], name: ["B"], level: [1] } }, values: {} });
  assert.deepEqual([...touched.get("ponding")].sort(), ["a", "b"]);
  assert.equal(store.layer("ponding").size, 1);
  assert.equal(store.station("a"), undefined);
  assert.equal(store.layer("alarms").size, 0);
});

await test("changes put and drop features and move the cursor", () => {
  const store = filled();
  assert.equal(store.apply({ cursor: 6, layers: { ponding: { put: { id: ["c"], name: ["C"], level: [1] }, drop: ["a"] } } }), true);
  assert.deepEqual([...store.layer("ponding").keys()].sort(), ["b", "c"]);
  assert.equal(store.station("c")[0], "ponding");
  assert.equal(store.position.cursor, 6);
});

await test("a change that is older than what is known changes nothing", () => {
  const store = filled();
  assert.equal(store.apply({ cursor: 4, layers: { ponding: { put: {}, drop: ["a"] } } }), false);
  assert.equal(store.layer("ponding").size, 2);
  assert.equal(store.position.cursor, 5);
});

await test("changes in any number of pages end in the same features", () => {
  const random = numbers(7);
  for (let round = 0; round < 50; round += 1) {
    const whole = new Map([["a", 0], ["b", 2]]);
    const store = filled();
    for (let cursor = 6; cursor < 30; cursor += 1) {
      const id = "abcdefgh"[Math.floor(random() * 8)];
      const drop = random() < 0.3;
      drop ? whole.delete(id) : whole.set(id, cursor);
      store.apply({ cursor, layers: { ponding: drop ? { drop: [id] } : { put: { id: [id], level: [cursor] } } } });
    }
    assert.deepEqual([...store.layer("ponding").keys()].sort(), [...whole.keys()].sort());
  }
});

await test("an older value never replaces a newer one, and an equal time replaces", () => {
  const store = filled();
  store.take({ values_cursor: "10", values: { a: { depth: [99, 500, 0] } } });
  assert.deepEqual(store.value("a", "depth"), [3, 1000, 0]);
  store.take({ values_cursor: "11", values: { a: { depth: [4, 1000, 0], battery: [12, 2000, 0] } } });
  assert.deepEqual(store.value("a", "depth"), [4, 1000, 0]);
  assert.deepEqual(store.value("a", "battery"), [12, 2000, 0]);
  assert.equal(store.position.values_cursor, "11");
});

await test("rain sums are told by their own time", () => {
  const store = filled();
  store.take({ values: { a: { rain: { at: 20, "1h": [5, 1] } } } });
  store.take({ values: { a: { rain: { at: 10, "1h": [9, 1] } } } });
  assert.equal(store.values.get("a").rain["1h"][0], 5);
});

await test("one message is told once, with the stations whose values moved", () => {
  const store = filled();
  const events = [];
  store.addEventListener("change", (event) => events.push([...(event.stations ?? [])]));
  store.take({ values: { a: { depth: [5, 3000, 0] }, b: { depth: [1, 3000, 0] } } });
  store.take({ values: { a: { depth: [5, 1, 0] } } });
  assert.deepEqual(events, [["a", "b"]]);
});

await test("a red or unacknowledged alarm is never inside a cluster, and none is lost", () => {
  const random = numbers(11);
  for (let round = 0; round < 500; round += 1) {
    const members = Array.from({ length: Math.floor(random() * 9) }, (_, i) => ({
      key: String(i), x: random() * 50, y: random() * 50,
      level: [null, 1, 2, 3, 4][Math.floor(random() * 5)], unacked: random() < 0.2, stale: random() < 0.2,
    }));
    const shown = gather(members);
    const inside = shown.flatMap((item) => (item.cluster ? item.members : []));
    assert.equal(inside.some(({ level, unacked }) => level === 1 || (unacked && level !== null)), false);
    const all = shown.flatMap((item) => (item.cluster ? item.members : [item]));
    assert.deepEqual(new Set(all), new Set(members));
    for (const cluster of shown.filter((item) => item.cluster)) {
      const levels = cluster.members.map(({ level }) => level ?? 9);
      assert.equal(cluster.level ?? 9, Math.min(...levels));
      assert.equal(cluster.count, cluster.members.length);
    }
  }
});

await test("an object stands in one bucket only and can be taken out of it", () => {
  const buckets = new Buckets(10);
  const thing = { x: 25, y: -3 };
  const key = buckets.key(thing);
  assert.equal(buckets.add(key, thing).things.size, 1);
  assert.equal(buckets.remove(key, thing).things.size, 0);
});

await test("squares know exactly the circles that touch them", () => {
  const random = numbers(3);
  const cells = new Cells(64);
  const items = Array.from({ length: 300 }, () => ({ x: random() * 2000 - 500, y: random() * 2000 - 500, r: 5 + random() * 40, z: 1 }));
  items.forEach((item) => cells.add(item));
  const gone = items.splice(0, 150);
  gone.forEach((item) => cells.remove(item));
  for (const item of items) {
    assert.ok(cells.hit(item.x, item.y).includes(item));
    const corner = cells.corner([...cells.dirty][0]);
    assert.equal(corner.every(Number.isFinite), true);
  }
  for (const item of gone) assert.equal(cells.hit(item.x, item.y).includes(item), false);
});

await test("only touched squares become dirty", () => {
  const cells = new Cells(64);
  cells.add({ x: 32, y: 32, r: 10, z: 1 });
  assert.deepEqual([...cells.dirty].map((key) => cells.corner(key)), [[0, 0]]);
});

await test("labels cover neither each other nor another's point, stay inside, and clear of what lies over the map", () => {
  const random = numbers(5);
  for (let round = 0; round < 200; round += 1) {
    const room = { w: 1000, h: 700 };
    const wanted = Array.from({ length: 8 }, () => ({ x: random() * 1000, y: random() * 700, w: 100 + random() * 200, h: 24 }));
    const panel = { l: 0, t: 0, r: 180, b: 420 };
    const spots = place(wanted, room, 20, [panel]);
    const boxes = spots.map((spot, i) => spot && { l: spot.left, t: spot.top, r: spot.left + wanted[i].w, b: spot.top + wanted[i].h });
    boxes.forEach((a, i) => {
      if (!a) return;
      assert.ok(a.l >= 0 && a.t >= 0 && a.r <= room.w && a.b <= room.h);
      assert.ok(a.l >= panel.r || a.t >= panel.b);
      boxes.forEach((b, j) => b && i !== j && assert.ok(a.r <= b.l || b.r <= a.l || a.b <= b.t || b.b <= a.t));
      wanted.forEach(({ x, y }, j) => i !== j && assert.ok(!(x > a.l && x < a.r && y > a.t && y < a.b)));
    });
  }
});

await test("each wall gets the layout of its shape, and every layout shows every panel once", () => {
  assert.deepEqual([[3840, 2160], [1920, 1080], [5760, 1080], [7680, 2160]].map(([w, h]) => layoutFor("", w, h)), ["standard", "standard", "triple", "double"]);
  assert.equal(layoutFor("triple", 1920, 1080), "triple");
  assert.equal(layoutFor("no such", 1920, 1080), "standard");
  const ROUTINE = ["alarms", "cameras", "map", "ponding", "pumps", "rain", "response", "rivers"];
  const EMERGENCY = ["cameras", "map", "nearest", "orders", "scene", "tasks", "timeline"];
  for (const layout of Object.values(LAYOUTS)) {
    for (const [{ zones, rows }, panels] of [[layout, ROUTINE], [layout.emergency, EMERGENCY]]) {
      assert.equal(layout.columns.length, zones.length);
      assert.deepEqual(zones.flat().sort(), panels);
      assert.deepEqual(Object.keys(rows).sort(), panels);
    }
    assert.ok(Math.abs(layout.columns.reduce((a, b) => a + b) - 1) < 1e-9);
    const mapIn = ({ zones }) => zones.findIndex(([first]) => first === "map");
    assert.equal(mapIn(layout), mapIn(layout.emergency), "the map stays in its column when the mode changes");
  }
});

await test("a wall of three screens has its columns meet at the seams", () => {
  const edges = LAYOUTS.triple.columns.map(((sum) => (share) => (sum += share))(0));
  for (const seam of [1 / 3, 2 / 3]) assert.ok(edges.some((edge) => Math.abs(edge - seam) < 1e-9));
});

await test("a missing reading is a gap, a late one is none", () => {
  const points = [[0, 1, 0], [300000, 2, 0], [600000, 9, 1], [1500000, 3, 0]];
  assert.deepEqual(withGaps(points, 300), [[0, 1], [300000, 2], [300001, null], [1500000, 3]]);
  assert.deepEqual(withGaps([[0, 1, 0], [600000, 2, 0]], 300), [[0, 1], [600000, 2]]);
});

await test("a pump's spans end when it stops, when it falls silent, and at the end", () => {
  const minute = 60000;
  const points = [[0, 0], [1, 1], [2, 1], [3, 0], [4, 1], [5, 1], [60, 1], [61, 1]].map(([at, value]) => [at * minute, value, 0]);
  assert.deepEqual(spans(points, 62 * minute, 60), [[1, 3], [4, 5], [60, 62]].map((pair) => pair.map((at) => at * minute)));
});

await test("doubts are told newest first, by their point and in words", () => {
  const told = {
    checks: { rate: "too fast" },
    series: [{ channel: "level", name: "Level", unit: "m" }, { channel: "battery", name: "Battery", unit: "V" }],
    doubts: { level: [[1000, 9, "rate", 1], [3000, 8, "rate", 1]], battery: [[2000, 99, "new", 2]] },
  };
  assert.deepEqual(doubts(told), [
    { at: 3000, value: 8, name: "Level", unit: "m", why: "too fast" },
    { at: 2000, value: 99, name: "Battery", unit: "V", why: "new" },
    { at: 1000, value: 9, name: "Level", unit: "m", why: "too fast" },
  ]);
  assert.deepEqual(doubts({ series: [], checks: {} }), []);
});

const camera = (n, more = {}) => ({ id: `c${n}`, code: `CM-${String(n).padStart(2, "0")}`, lon: 118.6 + n / 100, lat: 37.4, facts: {}, ...more });
const many = (n) => Array.from({ length: n }, (_, i) => camera(i));
const ids = (rows) => rows.map(({ id }) => id);

await test("a wall shows every camera of a group once a round, in its order, and never one twice", () => {
  for (const [n, size] of [[3, 4], [16, 16], [17, 4], [40, 9], [0, 4]]) {
    const ordered = many(n);
    const round = Array.from({ length: pages(n, size) }, (_, turn) => ids(shown(ordered, [], size, turn)));
    assert.deepEqual(round.flat(), ids(ordered));
    assert.ok(round.every((page) => page.length <= size));
    assert.deepEqual(ids(shown(ordered, [], size, -1)), round.at(-1), "backwards goes round too");
  }
});

await test("cameras beside an alarm come first and leave the others their turns", () => {
  const ordered = many(20);
  const forward = [ordered[19], camera(77)];
  const seen = new Set();
  for (let turn = 0; turn < pages(19, 7); turn += 1) {
    const page = ids(shown(ordered, forward, 9, turn));
    assert.deepEqual(page.slice(0, 2), ["c19", "c77"]);
    assert.equal(new Set(page).size, page.length);
    page.forEach((id) => seen.add(id));
  }
  assert.equal(seen.size, 21);
  assert.deepEqual(ids(shown(ordered, many(12), 9, 3)), ids(many(12).slice(0, 9)), "more alarms than tiles: the worst");
});

await test("a camera comes forward for the worst serious alarm that it watches or stands near", () => {
  const cameras = [camera(0), camera(1, { facts: { watches: ["PD-9"] } }), camera(2)];
  const alarm = (level, at, code, more) => ({ level, code, lon: at.lon + 0.001, lat: at.lat, ...more });
  const far = { lon: 119, lat: 38 };
  const alarms = [alarm(1, far, "PD-9"), alarm(2, cameras[1], "PD-1"), alarm(3, cameras[0], "PD-2"), alarm(1, cameras[2], "PD-3", { node: "n" })];
  const found = beside(cameras, alarms, 300);
  assert.deepEqual([...found].map(([id, { code }]) => [id, code]), [["c1", "PD-9"]]);
  assert.ok(Math.abs(apart({ lon: 118, lat: 37 }, { lon: 118, lat: 38 }) - 111195) < 60);
});

await test("a group keeps its order and leaves out what may not be seen", () => {
  assert.deepEqual(ids(inOrder(many(3), { cameras: ["c2", "hidden", "c0"] })), ["c2", "c0"]);
  assert.deepEqual(ids(inOrder([camera(2), camera(0)], undefined)), ["c0", "c2"]);
});

await test("somebody is shown by name, who has none by login, and clocks and feeds by one word", () => {
  const names = { duty1: "值班员", "clock:duty": "x" };
  const shown = ["duty1", "duty2", "unit:V02", "clock:duty", "feed:drop", "constructor", "", null, undefined].map((login) => nameIn(names, login, "系统自动"));
  assert.deepEqual(shown, ["值班员", "duty2", "V02", "系统自动", "系统自动", "constructor", "", "", ""]);
});

await test("an alarm's row says where the water stands now, if it is believed and not what its sentence says", () => {
  const river = { station: "r", channel: "level", rule: "river.level", condition: "active", level_since: 5, facts: { text: "", unit: "m", value: 4.27 } };
  const rain = { station: "g", channel: "rain_total", rule: "rain.amount", condition: "active", level_since: 5, facts: { text: "Rain %(value)s mm in %(hours)s h", unit: "mm", hours: 3, value: 50.6 } };
  const seen = (level, silent_since = null) => ({
    station: () => ["river", { silent_since }],
    values: new Map([["r", { level }], ["g", { rain: { at: 9, "3h": [52.4, 1], "3min": [1, 1] } }]]),
  });
  assert.equal(movedTo(seen([4.012, 9, 0]), river), " → 4.01 m");
  assert.equal(movedTo(seen([4.271, 9, 0]), river), "", "the same");
  assert.equal(movedTo(seen([4.01, 5, 0]), river), "", "no newer than the sentence");
  assert.equal(movedTo(seen([4.01, 9, 2]), river), "", "doubtful");
  assert.equal(movedTo(seen([4.01, 9, 0], 8), river), "", "silent since");
  assert.equal(movedTo(seen(undefined), river), "", "unknown");
  assert.equal(movedTo(seen([4.01, 9, 0]), { ...river, condition: "cleared" }), "", "over");
  assert.equal(movedTo(seen([4.01, 9, 0]), { ...river, rule: "river.rise" }), "", "its figure is not what is measured");
  assert.equal(movedTo(seen(undefined), rain), " → 52.4 mm");
  assert.equal(movedTo(seen(undefined), { ...rain, facts: { ...rain.facts, text: "Rain %(value)s mm in %(hours)s min" } }), " → 1.0 mm");
});

/** A page at position 7 that has heard nothing for ten seconds, and what its server says. */
function quiet() {
  globalThis.location = { protocol: "http:", host: "hall" };
  let socket;
  globalThis.WebSocket = class {
    constructor() {
      socket = this;
    }
  };
  const store = new Store();
  store.reset({ epoch: "e", cursor: 7, values_cursor: "1", scope: "s", layers: {}, values: {} });
  const live = new Live({ store, clock: { set() {} } });
  live._open();
  live._is("stale");
  return { live, store, beat: (cursor) => socket.onmessage({ data: JSON.stringify({ type: "beat", epoch: "e", cursor, clock: { now: 0, rate: 1 } }) }) };
}

await test("a beat past changes that were for others makes the page live, and it keeps the position", () => {
  const { live, store, beat } = quiet();
  beat(12);
  assert.deepEqual([live.state, store.position.cursor], ["live", 12]);
  beat(9);
  assert.equal(store.position.cursor, 12);
});

await test("a beat while the hall still brings the page up to date says so", () => {
  const { live, store, beat } = quiet();
  beat(null);
  assert.deepEqual([live.state, store.position.cursor], ["catching-up", 7]);
});

console.log(JSON.stringify(told));
