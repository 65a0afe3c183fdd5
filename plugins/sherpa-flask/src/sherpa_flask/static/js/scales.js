// Scales: where values lie on an axis from 0 to 1, and which ticks it has.

import { number, store } from "sherpa/store.js";
import { numberText } from "sherpa/format.js";

const FAR = 3; // interquartile ranges beyond the worse quartile: further out is off the scale
const CROWDED = 0.25; // half of the values in this share of a linear axis: a log axis is better

/** An axis of numbers; values beyond its ends are shown at the ends. */
export class NumberScale {
  constructor(low, high, log, whole = false) {
    if (low === high) {
      const margin = Math.abs(low) * 0.05 || 1;
      [low, high] = log ? [low / 2, high * 2] : [low - margin, high + margin];
    }
    Object.assign(this, { low, high, log, whole });
  }

  place(value) {
    if (value !== value) return NaN;
    const inside = Math.min(Math.max(value, this.low), this.high);
    return this.log
      ? Math.log(inside / this.low) / Math.log(this.high / this.low)
      : (inside - this.low) / (this.high - this.low);
  }

  value(place) {
    return this.log
      ? this.low * (this.high / this.low) ** place
      : this.low + place * (this.high - this.low);
  }

  text(value) {
    return numberText(value, 3);
  }

  /** Return about `count` round values between the ends. */
  ticks(count = 5) {
    const found = this.log ? this.logTicks(count) : this.linearTicks(count);
    return found
      .filter((value) => value >= this.low && value <= this.high)
      .map((value) => ({ place: this.place(value), text: this.text(value) }));
  }

  linearTicks(count) {
    const rough = (this.high - this.low) / count;
    const power = 10 ** Math.floor(Math.log10(rough));
    let step = power * [1, 2, 5, 10].find((factor) => factor * power >= rough * 0.99);
    if (this.whole) step = Math.max(1, Math.round(step));
    const first = Math.ceil(this.low / step);
    const length = Math.min(50, Math.floor(this.high / step) - first + 1);
    return Array.from({ length }, (_, index) => Number(((first + index) * step).toPrecision(12)));
  }

  logTicks(count) {
    const [first, last] = [Math.floor(Math.log10(this.low)), Math.ceil(Math.log10(this.high))];
    const decades = Math.log10(this.high / this.low);
    if (decades < 0.5) return this.linearTicks(count);
    const factors = decades < 2 ? [1, 2, 5] : [1];
    const step = Math.max(1, Math.ceil((last - first) / (count + 2)));
    const found = [];
    for (let power = first; power <= last; power += step) {
      for (const factor of factors) found.push(Number(`${factor}e${power}`));
    }
    return found;
  }
}

/** An axis of categories; lines of one category are spread a little, to show how many. */
export class LabelScale {
  constructor(labels) {
    this.labels = labels;
  }

  place(index, row = 0) {
    if (index !== index) return NaN;
    const jitter = (((row * 0.618034) % 1) - 0.5) * 0.5;
    return (index + 0.5 + jitter) / this.labels.length;
  }

  ticks() {
    const every = Math.ceil(this.labels.length / 14);
    return this.labels
      .map((text, index) => ({ place: (index + 0.5) / this.labels.length, text, index }))
      .filter(({ index }) => index % every === 0);
  }
}

const quantile = (sorted, share) => sorted[Math.round(share * (sorted.length - 1))];

function near(sorted, lowerIsBetter) {
  const [first, third] = [quantile(sorted, 0.25), quantile(sorted, 0.75)];
  const reach = FAR * (third - first);
  if (reach === 0) return [sorted[0], sorted.at(-1)];
  if (lowerIsBetter) return [sorted[0], sorted.findLast((value) => value <= third + reach)];
  return [sorted.find((value) => value >= first - reach), sorted.at(-1)];
}

/** Return the scale on which the better part of objectives can be told apart. */
export function objectiveScale(values, lowerIsBetter) {
  const finite = Float64Array.from(values.filter((value) => Math.abs(value) < 1e150)).sort();
  if (!finite.length) return new NumberScale(0, 1, false);
  if (finite[0] > 0) {
    const [low, high] = near(finite.map(Math.log10), lowerIsBetter);
    const decades = high - low;
    const crowded = quantile(finite, 0.5) - 10 ** low < CROWDED * (10 ** high - 10 ** low);
    if (decades > 2 || (decades > 1 && crowded))
      return new NumberScale(10 ** low, 10 ** high, true);
  }
  const [low, high] = near(finite, lowerIsBetter);
  return new NumberScale(low, high, false);
}

/** Return the scale over all finite values; `log` only where all of them are positive. */
export function numberScale(values, log, ends = null, whole = false) {
  let [low, high] = ends ?? [Infinity, -Infinity];
  for (const value of values) {
    if (!Number.isFinite(value)) continue;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  if (low > high) [low, high] = [0, 1];
  return new NumberScale(low, high, log && low > 0, whole);
}

/** Return the axes of the study: parameters, objective, metrics that are numbers. */
export function axesOf(study) {
  const parameters = study.parameters.map((parameter, index) => ({
    key: `p${index}`,
    name: parameter.name,
    labels: parameter.labels ?? null,
    log: parameter.scale === "log",
    missing: "inactive",
    parameter,
  }));
  const metrics = study.metrics
    .map((name, index) => ({ key: `m${index}`, name, labels: null, log: false, missing: "none" }))
    .filter(({ key }) => study.column(key).some((value) => typeof value === "number"));
  const objective = { key: "objective", name: "objective", labels: null, missing: "none" };
  return [...parameters, ...metrics, objective];
}

/** Return an axis's values as numbers, one for each row. */
export function valuesOf(axis) {
  const column = store.column(axis.key);
  return axis.key[0] === "m" ? column.map(number) : column;
}

/** Return an axis's scale; `log` overrides its own choice where it is not null. */
export function scaleOf(axis, log = null) {
  if (axis.labels) return new LabelScale(axis.labels);
  const values = valuesOf(axis);
  if (axis.key === "objective") {
    const own = objectiveScale(values, store.study.lower_is_better);
    return log === null || log === own.log ? own : numberScale(values, log);
  }
  const { range = null, type } = axis.parameter ?? {};
  return numberScale(values, log ?? axis.log, range, type === "discrete");
}
