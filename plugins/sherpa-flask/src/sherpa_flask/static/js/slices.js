// Slices: the objective against one parameter, with what the others leave of it and the best region.

import { colour } from "sherpa/colours.js";
import { axis, Chart, labelled, scaled, vertical } from "sherpa/charts.js";
import { el, hideTip, showTip, whenSeen } from "sherpa/dom.js";
import { shortText } from "sherpa/format.js";
import { objectiveScale, scaleOf } from "sherpa/scales.js";
import { store } from "sherpa/store.js";
import { tipOf } from "sherpa/trialtext.js";

const LIMIT = 500; // dots

/** One parameter's slice as a figure. */
export class SliceChart {
  constructor(slice) {
    this.slice = slice;
    this.index = store.parameters.findIndex(({ name }) => name === slice.name);
    const box = el("div", { class: "chart slice", role: "img" });
    const words = slice.best?.words ?? "";
    box.setAttribute("aria-label", `Objective against ${slice.name}: ${words}`);
    this.figure = el(
      "figure",
      {},
      el(
        "figcaption",
        {},
        el("strong", { text: shortText(slice.name, 40) }),
        el("span", { class: "muted", text: words }),
      ),
      box,
    );
    whenSeen(this.figure, () => this.start(box));
  }

  update(changes) {
    if (!this.chart) return; // not seen yet
    if (changes.has("theme")) this.chart.draw();
    if (changes.has("hover")) this.mark();
  }

  start(box) {
    if (this.gone || this.index < 0) return;
    this.chart = new Chart(box, () => this.option());
    this.chart.draw();
    this.chart.point((x, y) => this.nearest(x, y));
    this.chart.hoverAt = (row, event) => {
      if (row < 0) hideTip();
      else showTip(event.clientX, event.clientY, tipOf(row));
    };
  }

  dispose() {
    this.gone = true;
    this.chart?.dispose();
  }

  /** Where a value of the parameter lies on the axis: labels are numbered, and spread a little. */
  place(value, row) {
    if (!this.labels || row === undefined) return value;
    return value + (((row * 0.618034) % 1) - 0.5) * 0.5;
  }

  option() {
    const parameter = store.parameters[this.index];
    const column = store.parameterColumns[this.index];
    this.labels = parameter.labels;
    this.scale = objectiveScale(store.objective, store.study.lower_is_better);
    const rows = [];
    for (let row = 0; row < store.count; row++) {
      if (column[row] === column[row] && store.objective[row] === store.objective[row])
        rows.push(row);
    }
    this.dots = store
      .sample(rows, LIMIT)
      .map((row) => [this.place(column[row], row), this.inside(store.objective[row]), row]);
    this.pixels = null;
    return {
      grid: { left: 8, right: 14, top: 10, bottom: 6, containLabel: true },
      xAxis: this.xAxis(parameter),
      yAxis: vertical("", scaled(this.scale)),
      series: [...this.band(), this.dotSeries(), this.mean()],
    };
  }

  xAxis(parameter) {
    if (!this.labels) {
      const scale = scaleOf({ key: `p${this.index}`, log: parameter.scale === "log", parameter });
      return axis("", { ...scaled(scale, 0), splitLine: { show: false } });
    }
    return axis("", labelled(this.labels, 10));
  }

  inside(value) {
    return Math.min(Math.max(value, this.scale.value(-0.02)), this.scale.value(1.02));
  }

  dotSeries() {
    return {
      type: "scatter",
      data: this.dots.map(([x, y]) => [x, y]),
      symbolSize: 4,
      silent: true,
      itemStyle: {
        color: ({ dataIndex }) =>
          colour(store.status[this.dots[dataIndex][2]] === "STOPPED" ? "stopped" : "accent"),
        opacity: this.dots.length > 200 ? 0.35 : 0.6,
      },
      markArea: this.bestArea(),
    };
  }

  bestArea() {
    const { best } = this.slice;
    if (!best) return undefined;
    const areas = best.labels
      ? best.labels.map((index) => [{ xAxis: index - 0.5 }, { xAxis: index + 0.5 }])
      : [[{ xAxis: best.low }, { xAxis: best.high }]];
    return { silent: true, itemStyle: { color: colour("best"), opacity: 0.14 }, data: areas };
  }

  mean() {
    const { places, mean } = this.slice;
    return {
      type: this.labels ? "scatter" : "line",
      data: places.map((place, index) => [place, this.inside(mean[index])]),
      showSymbol: Boolean(this.labels),
      symbol: this.labels ? "diamond" : "none",
      symbolSize: 12,
      silent: true,
      z: 5,
      lineStyle: { color: colour("best"), width: 2 },
      itemStyle: { color: colour("best") },
    };
  }

  /** The band of uncertainty as one area; for labels a line each. */
  band() {
    const { places, low, high } = this.slice;
    if (!low?.length) return [];
    const pairs = places.map((place, index) => [
      place,
      this.inside(low[index]),
      this.inside(high[index]),
    ]);
    return [
      {
        type: "custom",
        silent: true,
        clip: true,
        data: [0],
        encode: { x: -1, y: -1 },
        renderItem: (_, api) => {
          const at = (k) => pairs.map((pair) => api.coord([pair[0], pair[k]]));
          const [lower, upper] = [at(1), at(2)];
          if (!this.labels) {
            const points = [...lower, ...upper.reverse()];
            return {
              type: "polygon",
              shape: { points },
              style: { fill: colour("best"), opacity: 0.18 },
            };
          }
          const children = lower.map(([x, y], index) => ({
            type: "line",
            shape: { x1: x, y1: y, x2: x, y2: upper[index][1] },
            style: { stroke: colour("best"), lineWidth: 2 },
          }));
          return { type: "group", children };
        },
      },
    ];
  }

  nearest(x, y) {
    this.pixels ??= this.dots.map(([a, b]) => this.chart.pixel(a, b));
    let found = [-1, Infinity];
    this.pixels.forEach(([a, b], index) => {
      const distance = Math.hypot(a - x, b - y);
      if (distance < found[1]) found = [this.dots[index][2], distance];
    });
    return found;
  }

  mark() {
    const dot = this.dots.find((each) => each[2] === store.hovered);
    this.chart.mark(
      dot ? [{ points: [this.chart.pixel(dot[0], dot[1])], stroke: colour("ink") }] : [],
    );
  }
}
