// Where a measured value stands now, beside an alarm's sentence, whose figure is of the moment its level was entered.
// Pure: imports nothing, runs in Node as it is.

const DIGITS = { m: 2, cm: 0, mm: 1 };

/** [value, observed_at_ms] as it is believed now, of rules whose sentence tells a measured value; else null. */
function measured({ values }, { station, channel, rule, facts }) {
  const known = values.get(station);
  if (rule === "rain.amount") {
    const sum = known?.rain?.[`${facts.hours}${facts.text.includes(" min") ? "min" : "h"}`];
    return sum ? [sum[0], known.rain.at] : null;
  }
  if (rule !== "river.level" && !rule.startsWith("ponding.")) return null;
  const [value, at, doubt] = known?.[channel] ?? [];
  return value == null || doubt ? null : [value, at];
}

/** " → 4.01 m" where the value has moved on since its alarm was told; "" where not, or where nobody knows. */
export function movedTo(store, alarm) {
  const { value, unit } = alarm.facts ?? {};
  if (alarm.condition !== "active" || typeof value !== "number" || !(unit in DIGITS)) return "";
  if (store.station(alarm.station)?.[1].silent_since != null) return "";
  const [now, at] = measured(store, alarm) ?? [];
  if (now === undefined || at <= alarm.level_since) return "";
  const digits = DIGITS[unit];
  return now.toFixed(digits) === value.toFixed(digits) ? "" : ` → ${now.toFixed(digits)} ${unit}`;
}
