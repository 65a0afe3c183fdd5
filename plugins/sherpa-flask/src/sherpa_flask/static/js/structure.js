// What some algorithms are about: schedules over PBT's generations, rungs of ASHA and Hyperband.

import { colour } from "sherpa/colours.js";
import { axis, Chart, distanceTo, labelled, scaled, vertical } from "sherpa/charts.js";
import { el, hideTip, setText, showTip } from "sherpa/dom.js";
import { axesOf, objectiveScale, scaleOf, valuesOf } from "sherpa/scales.js";
import { number, store } from "sherpa/store.js";
import { tipOf } from "sherpa/trialtext.js";

// Okabe and Ito's colours: lineages in turn.
const LINEAGES = ["#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#8c6d31"];

/** The view of an algorithm's structure within a card that is hidden for other algorithms. */
export class Structure {
  constructor(card) {
    this.card = card;
    this.title = card.querySelector("h2");
    this.note = card.querySelector(".note");
    this.choice = card.querySelector("select");
    this.legend = card.querySelector(".legend");
    this.choice.addEventListener("change", () => this.draw());
    store.subscribe((changes) => {
      if (["data", "filter", "theme"].some((kind) => changes.has(kind))) this.later();
      else if (changes.has("hover") && this.chart) this.mark();
    });
  }

  later() {
    this.timer ??= setTimeout(() => {
      this.timer = null;
      this.draw();
    }, 200);
  }

  draw() {
    const kind = store.study?.structure;
    this.card.hidden = !kind;
    if (!kind) return;
    const rungs = kind === "rungs";
    setText(this.title, rungs ? "Rungs and promotions" : "Schedules of the lineages");
    this.drawChoice(rungs);
    if (!this.chart) {
      this.chart = new Chart(this.card.querySelector(".chart"), () => this.option());
      this.chart.point((x, y) => this.nearest(x, y));
      this.chart.hoverAt = (row, event) => {
        if (row < 0) hideTip();
        else showTip(event.clientX, event.clientY, tipOf(row));
      };
    }
    this.chart.draw();
    this.mark();
  }

  /** Objective or a parameter over the generations; one bracket or all of them over the rungs. */
  drawChoice(rungs) {
    let options = [];
    if (rungs) {
      const found = new Set(
        (store.extras.get("bracket") ?? []).filter((each) => each !== null && each !== undefined),
      );
      const brackets = [...found].sort((a, b) => a - b);
      options =
        brackets.length > 1
          ? ["all", ...brackets].map((each) => [
              String(each),
              each === "all" ? "all brackets" : `bracket ${each}`,
            ])
          : [["all", "all trials"]];
    } else {
      const axes = axesOf(store);
      const schedules = axes.filter((each) => each.key[0] === "p");
      options = [["objective", "objective"], ...schedules.map(({ key, name }) => [key, name])];
    }
    const names = JSON.stringify(options);
    if (names === this.names) return;
    const before = this.choice.value;
    this.names = names;
    this.choice.replaceChildren(...options.map(([value, text]) => el("option", { value, text })));
    this.choice.hidden = options.length < 2;
    if (options.some(([value]) => value === before)) this.choice.value = before;
    else if (!rungs && options.length > 1) this.choice.value = options[1][0];
  }

  option() {
    return store.study.structure === "rungs" ? this.rungs() : this.generations();
  }

  /** Return, by row, the row of the trial that it continues, or -1. */
  parents() {
    return store.parent.map((id) => store.rows.get(id) ?? -1);
  }

  generations() {
    const steps = (store.extras.get("generation") ?? []).map(number);
    const parents = this.parents();
    const axes = axesOf(store);
    const chosen = axes.find(({ key }) => key === this.choice.value) ?? axes.at(-1);
    const scale = scaleOf(chosen);
    const values = valuesOf(chosen);
    const height = (row) => values[row];
    const roots = parents.map((_, row) => {
      let root = row;
      for (let hops = 0; parents[root] >= 0 && hops < 10000; hops++) root = parents[root];
      return store.id[root];
    });
    this.segments = [];
    for (let row = 0; row < store.count; row++) {
      if (!store.shown[row] || height(row) !== height(row) || steps[row] !== steps[row]) continue;
      const from = parents[row];
      const known = from >= 0 && height(from) === height(from) && steps[from] === steps[from];
      const start = known ? [steps[from], height(from)] : [steps[row], height(row)];
      this.segments.push({
        row,
        points: [start, [steps[row], height(row)]],
        ink: LINEAGES[roots[row] % LINEAGES.length],
      });
    }
    const lineages = new Set(this.segments.map(({ row }) => roots[row])).size;
    setText(this.note, `${lineages} lineages; equal colours descend from the same first trial`);
    const last = this.segments.reduce((top, { points }) => Math.max(top, points[1][0]), 2);
    const shape = chosen.labels ? labelled(chosen.labels) : scaled(scale);
    return {
      xAxis: axis("generation", { min: 1, max: last, minInterval: 1, splitLine: { show: false } }),
      yAxis: vertical(chosen.name, shape),
      series: this.segmentSeries(),
    };
  }

  rungs() {
    const rungs = (store.extras.get("rung") ?? []).map(number);
    const brackets = store.extras.get("bracket") ?? [];
    const parents = this.parents();
    const scale = objectiveScale(store.objective, store.study.lower_is_better);
    const inside = (row) =>
      Math.min(Math.max(store.objective[row], scale.value(0)), scale.value(1));
    const spread = (row) => rungs[row] + (((store.id[row] * 0.618034) % 1) - 0.5) * 0.3;
    const wanted = this.choice.value || "all";
    const has = (row) => store.objective[row] === store.objective[row] && rungs[row] === rungs[row];
    this.segments = [];
    const counts = new Map();
    const resources = new Map();
    let promoted = 0;
    for (let row = 0; row < store.count; row++) {
      if (!store.shown[row] || !has(row)) continue;
      if (wanted !== "all" && String(brackets[row]) !== wanted) continue;
      const from = parents[row];
      const start =
        from >= 0 && has(from) ? [spread(from), inside(from)] : [spread(row), inside(row)];
      promoted += from >= 0;
      counts.set(rungs[row], (counts.get(rungs[row]) ?? 0) + 1);
      const resource = number(store.extras.get("resource")?.[row]);
      const before = resources.get(rungs[row]) ?? resource; // brackets differ in it
      resources.set(rungs[row], before === resource ? resource : NaN);
      this.segments.push({
        row,
        points: [start, [spread(row), inside(row)]],
        ink: LINEAGES[rungs[row] % LINEAGES.length],
      });
    }
    const words = [...counts]
      .sort((a, b) => a[0] - b[0])
      .map(([rung, count]) => `rung ${rung}: ${count}`);
    setText(this.note, `${words.join(", ")}; ${promoted} promotions, drawn as lines`);
    const last = Math.max(1, ...counts.keys());
    const names = Array.from({ length: last + 1 }, (_, rung) => {
      const resource = resources.get(rung);
      return resource > 0 ? `rung ${rung} (resource ${resource})` : `rung ${rung}`;
    });
    return {
      xAxis: axis("", labelled(names, 40)),
      yAxis: vertical("objective", scaled(scale)),
      series: this.segmentSeries(),
    };
  }

  /** Lines between a trial and the one that it continues, and a dot for each trial. */
  segmentSeries() {
    this.pixels = null;
    const inks = new Map();
    for (const { points, ink } of this.segments) {
      if (!inks.has(ink)) inks.set(ink, []);
      if (points[0] !== points[1]) inks.get(ink).push(...points, [null, null]);
    }
    const many = this.segments.length > 1500;
    const lines = [...inks].map(([ink, data]) => ({
      type: "line",
      data,
      showSymbol: false,
      silent: true,
      lineStyle: { color: ink, width: many ? 1 : 1.6, opacity: many ? 0.35 : 0.75 },
    }));
    const dots = {
      type: "scatter",
      silent: true,
      symbolSize: many ? 3 : 6,
      data: this.segments.map(({ points, ink }) => ({
        value: points[1],
        itemStyle: { color: ink },
      })),
    };
    const best = this.segments.find(({ row }) => row === store.best);
    const top = {
      type: "scatter",
      silent: true,
      z: 6,
      symbolSize: 13,
      symbol: "diamond",
      itemStyle: { color: colour("best") },
      data: best ? [best.points[1]] : [],
    };
    return [...lines, dots, top];
  }

  nearest(x, y) {
    this.pixels ??= this.segments.map(({ points }) =>
      points.map(([a, b]) => this.chart.pixel(a, b)),
    );
    let found = [-1, Infinity];
    this.pixels.forEach(([from, to], index) => {
      const distance = distanceTo(x, y, from, to);
      if (distance < found[1]) found = [this.segments[index].row, distance];
    });
    return found;
  }

  /** Mark a trial with all that came before it. */
  mark() {
    const parents = this.parents();
    const byRow = new Map(this.segments.map((segment) => [segment.row, segment]));
    const points = [];
    for (
      let row = store.hovered, hops = 0;
      byRow.has(row) && hops < 10000;
      row = parents[row], hops++
    ) {
      const [x, y] = byRow.get(row).points[1];
      points.push(this.chart.pixel(x, y));
    }
    this.chart.mark(points.length ? [{ points, stroke: colour("ink"), width: 3 }] : []);
  }
}
