// Progress: the objectives of the trials and the best one so far, over the trials or over time.

import { colour } from "sherpa/colours.js";
import { axis, Chart, scaled, vertical } from "sherpa/charts.js";
import { hideTip, setText, showTip } from "sherpa/dom.js";
import { durationText, numberText } from "sherpa/format.js";
import { objectiveScale } from "sherpa/scales.js";
import { store } from "sherpa/store.js";
import { tipOf } from "sherpa/trialtext.js";

const LIMIT = 2000; // dots

/** The view of the progress within a card. */
export class Progress {
  constructor(card) {
    this.note = card.querySelector(".note");
    this.choice = card.querySelector("select");
    this.dots = [];
    this.chart = new Chart(card.querySelector(".chart"), () => this.option());
    this.chart.point((x, y) => this.nearest(x, y));
    this.chart.hoverAt = (row, event) => {
      if (row < 0) hideTip();
      else showTip(event.clientX, event.clientY, tipOf(row));
    };
    this.choice.addEventListener("change", () => this.draw());
    store.subscribe((changes) => {
      if (["data", "filter", "theme"].some((kind) => changes.has(kind))) this.later();
      else if (changes.has("hover")) this.mark();
    });
  }

  later() {
    this.timer ??= setTimeout(() => {
      this.timer = null;
      this.draw();
    }, 200);
  }

  draw() {
    if (!store.study) return;
    this.chart.draw();
    this.mark();
  }

  place(row) {
    if (this.choice.value === "trials") return store.id[row];
    return store.started[row] + store.durationOf(row);
  }

  option() {
    const lower = store.study.lower_is_better;
    const scale = objectiveScale(store.objective, lower);
    const ended = [];
    for (let row = 0; row < store.count; row++) {
      const counts = store.status[row] === "COMPLETED" || store.status[row] === "STOPPED";
      if (counts && store.objective[row] === store.objective[row]) ended.push(row);
    }
    ended.sort((a, b) => this.place(a) - this.place(b));
    const steps = [];
    let best = NaN;
    for (const row of ended) {
      if (!store.isBetter(store.objective[row], best)) continue;
      best = store.objective[row];
      steps.push([this.place(row), this.inside(scale, best)]);
    }
    const last = ended.length ? this.place(ended.at(-1)) : 1;
    if (steps.length) steps.push([last, steps.at(-1)[1]]);
    const rows = store.sample(
      ended.filter((row) => store.shown[row]),
      LIMIT,
    );
    this.dots = rows.map((row) => [this.place(row), this.inside(scale, store.objective[row]), row]);
    this.pixels = null;
    this.scale = scale;
    const words = best === best ? `best so far ${numberText(best, 5)}` : "no objective yet";
    const part =
      rows.length < ended.length ? `; ${rows.length.toLocaleString("en")} dots drawn` : "";
    setText(this.note, words + part);
    const time = this.choice.value === "time";
    return {
      xAxis: axis(time ? "time since the start" : "trial", {
        label: time ? { formatter: durationText } : {},
        min: time ? 0 : 1,
        max: Math.max(last, time ? 0.001 : 2),
        minInterval: time ? 0 : 1,
        splitLine: { show: false },
      }),
      yAxis: vertical("objective", scaled(scale)),
      series: [
        {
          type: "scatter",
          data: this.dots.map(([x, y]) => [x, y]),
          symbolSize: rows.length > 500 ? 4 : 7,
          silent: true,
          itemStyle: { color: colour("accent"), opacity: rows.length > 500 ? 0.4 : 0.7 },
        },
        {
          type: "line",
          step: "end",
          data: steps,
          showSymbol: false,
          silent: true,
          z: 5,
          lineStyle: { color: colour("best"), width: 3 },
        },
      ],
    };
  }

  inside(scale, value) {
    return Math.min(Math.max(value, scale.value(-0.02)), scale.value(1.02));
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
    const row = store.hovered;
    const known = row >= 0 && this.scale && store.objective[row] === store.objective[row];
    if (!known) return this.chart.mark([]);
    const at = this.chart.pixel(this.place(row), this.inside(this.scale, store.objective[row]));
    this.chart.mark([{ points: [at], stroke: colour("ink"), width: 3 }]);
  }
}
