// Lines: the objective or a metric over the iterations, one line for each trial.

import { binColour, binOf, BINS, colour } from "sherpa/colours.js";
import { axis, Chart, distanceTo, scaled, vertical } from "sherpa/charts.js";
import { el, hideTip, setText, showTip } from "sherpa/dom.js";
import { countText } from "sherpa/format.js";
import { NumberScale, numberScale, objectiveScale } from "sherpa/scales.js";
import { number, store } from "sherpa/store.js";
import { tipOf } from "sherpa/trialtext.js";

const LIMIT = 250; // more lines than this are a grey mass

/** Return a trial's points `[iteration, value]` in the order of iterations; not finite is null. */
export function pointsOf(curve, metric = -1) {
  const values = metric < 0 ? curve.objective : (curve.metrics[metric] ?? []);
  const points = curve.iteration.map((iteration, index) => {
    const value = number(values[index]);
    return [iteration, Number.isFinite(value) ? value : null];
  });
  return points.sort((a, b) => a[0] - b[0]);
}

/** The view of lines within a card. */
export class Lines {
  constructor(card) {
    this.note = card.querySelector(".note");
    this.choice = card.querySelector("select");
    this.log = card.querySelector("input[type=checkbox]");
    this.touched = false;
    this.curves = [];
    this.chart = new Chart(card.querySelector(".chart"), () => this.option());
    this.chart.point((x, y) => this.nearest(x, y));
    this.chart.hoverAt = (row, event) => {
      if (row < 0) hideTip();
      else showTip(event.clientX, event.clientY, tipOf(row));
    };
    this.choice.addEventListener("change", () => {
      this.touched = false;
      this.chart.draw();
      this.mark();
    });
    this.log.addEventListener("change", () => {
      this.touched = true;
      this.chart.draw();
      this.mark();
    });
    store.subscribe((changes) => this.update(changes));
  }

  update(changes) {
    if (changes.has("data")) this.drawChoice();
    if (changes.has("data") || changes.has("filter") || changes.has("theme")) this.later();
    else if (changes.has("hover")) this.mark();
  }

  /** Draw a little later, however much changes till then: what is brushed comes first. */
  later() {
    this.timer ??= setTimeout(() => {
      this.timer = null;
      this.chart.draw();
      this.mark();
    }, 150);
  }

  drawChoice() {
    const names = ["objective", ...store.metrics];
    const numeric = names.filter((_, index) => {
      return !index || store.metricColumns[index - 1]?.some((value) => typeof value === "number");
    });
    if (this.names === numeric.join("\n")) return;
    this.names = numeric.join("\n");
    const before = this.choice.value;
    const options = numeric.map((name) => {
      return el("option", { value: String(names.indexOf(name) - 1), text: name });
    });
    this.choice.replaceChildren(...options);
    if (before) this.choice.value = before;
  }

  option() {
    const metric = Number(this.choice.value || -1);
    const rows = store.visible.filter((row) => store.curves[row]?.iteration.length);
    const drawn = store.sample(rows, LIMIT);
    this.curves = drawn.map((row) => ({ row, points: pointsOf(store.curves[row], metric) }));
    this.pixels = null;
    this.say(rows.length, drawn.length);
    const values = this.curves.flatMap(({ points }) => points.map((point) => point[1] ?? NaN));
    const scale = this.scaleOf(values, metric);
    this.scale = scale;
    const last = this.curves.reduce((top, { points }) => Math.max(top, points.at(-1)[0]), 1);
    const first = this.curves.reduce((top, { points }) => Math.min(top, points[0][0]), 1);
    return {
      xAxis: axis("iteration", {
        min: first,
        max: Math.max(last, first + 1),
        minInterval: 1,
        splitLine: { show: false },
      }),
      yAxis: vertical(metric < 0 ? "objective" : store.metrics[metric], scaled(scale)),
      series: this.series(scale),
    };
  }

  /** The trials' lines in few series, one for each colour, the best on top. */
  series(scale) {
    const objective = objectiveScale(store.objective, store.study.lower_is_better);
    const groups = new Map();
    const dots = [];
    for (const { row, points } of this.curves) {
      const place = objective.place(store.objective[row]);
      const bin = binOf(store.study.lower_is_better ? place : 1 - place);
      const clipped = points.map(([x, y]) => [x, y === null ? null : this.inside(scale, y)]);
      if (points.length === 1)
        dots.push({ value: clipped[0], itemStyle: { color: binColour(bin) } });
      if (!groups.has(bin)) groups.set(bin, []);
      groups.get(bin).push(...clipped, [null, null]);
    }
    const few = this.curves.length <= 12;
    const lines = [...groups].map(([bin, data]) => ({
      type: "line",
      data,
      showSymbol: few,
      symbolSize: 5,
      silent: true,
      z: 2 + (bin < 0 ? 0 : BINS - bin) / BINS,
      lineStyle: {
        color: binColour(bin),
        width: few ? 2 : 1.2,
        opacity: Math.min(0.95, Math.max(0.35, 8 / Math.sqrt(this.curves.length))),
      },
      itemStyle: { color: binColour(bin) },
    }));
    const best = this.curves.find(({ row }) => row === store.best);
    if (best) {
      lines.push({
        type: "line",
        data: best.points.map(([x, y]) => [x, y === null ? null : this.inside(scale, y)]),
        symbolSize: 6,
        showSymbol: best.points.length <= 40,
        silent: true,
        z: 5,
        lineStyle: { color: colour("best"), width: 3 },
        itemStyle: { color: colour("best") },
      });
    }
    return [...lines, { type: "scatter", data: dots, symbolSize: 6, silent: true }];
  }

  inside(scale, value) {
    return Math.min(Math.max(value, scale.value(-0.04)), scale.value(1.04));
  }

  scaleOf(values, metric) {
    const positive = values.every((value) => value !== value || value > 0);
    this.log.disabled = !positive;
    const lower = metric < 0 ? store.study.lower_is_better : null;
    const own = lower === null ? numberScale(values, false) : objectiveScale(values, lower);
    if (!this.touched) this.log.checked = own.log && positive;
    if (own.log === this.log.checked) return own;
    return positive && this.log.checked
      ? numberScale(values, true)
      : new NumberScale(own.low, own.high, false);
  }

  say(all, drawn) {
    const part = drawn < all ? `${drawn.toLocaleString("en")} of ` : "";
    const sampled = store.sampled ? ` ${store.sampled.words}` : "";
    setText(this.note, `${part}${countText(all, "line")}${sampled}`);
  }

  nearest(x, y) {
    this.pixels ??= this.curves.map(({ row, points }) => ({
      row,
      pixels: points
        .filter((point) => point[1] !== null)
        .map(([a, b]) => this.chart.pixel(a, this.inside(this.scale, b))),
    }));
    let found = [-1, Infinity];
    for (const { row, pixels } of this.pixels) {
      for (let index = 0; index < pixels.length; index++) {
        const distance = distanceTo(x, y, pixels[Math.max(0, index - 1)], pixels[index]);
        if (distance < found[1]) found = [row, distance];
      }
    }
    return found;
  }

  mark() {
    const curve = store.curves[store.hovered];
    if (store.hovered < 0 || !curve || !this.scale) return this.chart.mark([]);
    const points = pointsOf(curve, Number(this.choice.value || -1))
      .filter((point) => point[1] !== null)
      .map(([x, y]) => this.chart.pixel(x, this.inside(this.scale, y)));
    this.chart.mark(points.length ? [{ points, stroke: colour("ink"), width: 3 }] : []);
  }
}
