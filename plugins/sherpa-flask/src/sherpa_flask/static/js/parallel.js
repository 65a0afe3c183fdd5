// Parallel coordinates: one line for each trial, one vertical axis for each thing known of it.

import { binColour, binOf, colour } from "sherpa/colours.js";
import { el, hideTip, setText, showTip } from "sherpa/dom.js";
import { shortText } from "sherpa/format.js";
import { AxisHandles } from "sherpa/axes.js";
import { axesOf, scaleOf, valuesOf } from "sherpa/scales.js";
import { store } from "sherpa/store.js";
import { tipOf } from "sherpa/trialtext.js";

const HEIGHT = 380;
const TOP = 58;
const BOTTOM = 46;
const NARROWEST = 92; // pixels between two axes; more of them scroll sideways
const SIDE = 74;
const LIMIT = 1000; // more lines than this are a grey mass
const QUICK = 400; // lines that are drawn while a brush moves
const REST = 150; // milliseconds without a change after which all LIMIT lines are drawn
const FAINT_LIMIT = 300; // lines that are brushed away, kept as a background
const REACH = 7; // pixels between the pointer and the line that it means

/** The view of parallel coordinates within a card. */
export class Parallel {
  constructor(card) {
    this.scroller = card.querySelector(".stage-scroller");
    this.stage = card.querySelector(".stage");
    this.note = card.querySelector(".note");
    this.lines = el("canvas", { class: "layer" });
    this.over = el("canvas", { class: "layer", role: "img" });
    this.stage.append(this.lines, this.over);
    this.handles = new AxisHandles(this, this.stage, card);
    this.axes = [];
    this.order = [];
    this.hidden = new Set();
    this.logs = new Map();
    this.places = new Map();
    this.over.addEventListener("pointermove", (event) => this.point(event));
    this.over.addEventListener("pointerleave", () => this.leave());
    this.over.addEventListener("click", () => store.hovered >= 0 && store.open(store.hovered));
    new ResizeObserver(() => this.redraw()).observe(this.scroller);
    store.subscribe((changes) => this.update(changes));
  }

  update(changes) {
    if (changes.has("data")) this.measure();
    if (changes.has("data") || changes.has("theme")) this.redraw();
    else if (changes.has("filter")) {
      this.drawLines(QUICK);
      this.drawOver();
      clearTimeout(this.timer);
      if (store.visible.length > QUICK) this.timer = setTimeout(() => this.drawLines(), REST);
    } else if (changes.has("hover") || changes.has("study")) this.drawOver();
    if (changes.has("filter")) this.handles.update();
  }

  /** The axes that are shown, in their order. */
  get shown() {
    const byKey = new Map(this.axes.map((axis) => [axis.key, axis]));
    return this.order.filter((key) => !this.hidden.has(key)).map((key) => byKey.get(key));
  }

  /** Take new data in: axes, their scales, and where each trial lies on them. */
  measure() {
    this.axes = axesOf(store);
    const known = new Set(this.order);
    const keys = this.axes.map((axis) => axis.key);
    this.order = this.order.filter((key) => keys.includes(key));
    for (const key of keys) if (!known.has(key)) this.order.push(key);
    this.places = new Map();
    for (const axis of this.axes) {
      axis.scale = scaleOf(axis, this.logs.get(axis.key) ?? null);
      const places = Float32Array.from(valuesOf(axis), (value, row) =>
        axis.scale.place(value, row),
      );
      axis.lacks = places.some((place) => place !== place);
      this.places.set(axis.key, places);
    }
    const lower = store.study.lower_is_better;
    const objective = this.places.get("objective");
    this.bins = Int8Array.from(objective, (place) => binOf(lower ? place : 1 - place));
  }

  redraw() {
    if (!store.study) return;
    this.layout();
    this.handles.rebuild();
    this.drawLines();
    this.drawOver();
  }

  layout() {
    const axes = this.shown;
    const width = Math.max(this.scroller.clientWidth, 2 * SIDE + (axes.length - 1) * NARROWEST);
    this.width = width;
    this.stage.style.width = `${width}px`;
    this.stage.style.height = `${HEIGHT}px`;
    for (const canvas of [this.lines, this.over]) {
      const ratio = Math.min(devicePixelRatio || 1, 2);
      canvas.width = width * ratio;
      canvas.height = HEIGHT * ratio;
      canvas.style.width = `${width}px`;
      canvas.style.height = `${HEIGHT}px`;
      canvas.getContext("2d").setTransform(ratio, 0, 0, ratio, 0, 0);
    }
    const step = axes.length > 1 ? (width - 2 * SIDE) / (axes.length - 1) : 0;
    axes.forEach((axis, index) => (axis.x = axes.length > 1 ? SIDE + index * step : width / 2));
    this.step = step;
  }

  /** Return where a place from 0 to 1 lies in pixels; NaN lies below the axis. */
  y(place) {
    return place !== place ? HEIGHT - 18 : TOP + (1 - place) * (HEIGHT - TOP - BOTTOM);
  }

  /** Return the place from 0 to 1 of a height in pixels. */
  placeAt(y) {
    return Math.min(1, Math.max(0, 1 - (y - TOP) / (HEIGHT - TOP - BOTTOM)));
  }

  drawLines(limit = LIMIT) {
    const context = this.lines.getContext("2d");
    context.clearRect(0, 0, this.width, HEIGHT);
    const { visible, count } = store;
    const axes = this.shown;
    if (visible.length < count) {
      const away = [];
      for (let row = 0; row < count; row++) if (!store.shown[row]) away.push(row);
      const step = Math.max(1, away.length / FAINT_LIMIT);
      context.strokeStyle = colour("faint");
      context.globalAlpha = 0.35;
      context.lineWidth = 1;
      for (let place = 0; place < away.length; place += step) {
        this.trace(context, axes, away[Math.floor(place)]);
      }
    }
    const rows = store.sample(visible, limit);
    const order = rows.slice().sort((a, b) => this.rank(b) - this.rank(a));
    context.globalAlpha = Math.min(0.9, Math.max(0.22, 9 / Math.sqrt(order.length || 1)));
    context.lineWidth = order.length < 60 ? 1.5 : 1;
    let last = -2;
    for (const row of order) {
      const bin = this.bins[row];
      if (bin !== last) context.strokeStyle = binColour((last = bin));
      this.trace(context, axes, row);
    }
    context.globalAlpha = 1;
    this.rows = rows;
    this.say(rows.length);
  }

  /** The best come last, so that they lie on top; those without an objective first. */
  rank(row) {
    return this.bins[row] < 0 ? Infinity : this.bins[row];
  }

  say(drawn) {
    const { visible, count } = store;
    const of = visible.length === count ? "" : ` of ${count.toLocaleString("en")}`;
    const words = `${visible.length.toLocaleString("en")}${of} trials`;
    const part =
      drawn < visible.length
        ? `; ${drawn.toLocaleString("en")} lines drawn: the best tenth, the others evenly`
        : "";
    setText(this.note, words + part);
    this.over.setAttribute("aria-label", `Parallel coordinates of ${words}. The table lists them.`);
  }

  trace(context, axes, row) {
    context.beginPath();
    for (let index = 0; index < axes.length; index++) {
      const y = this.y(this.places.get(axes[index].key)[row]);
      if (index) context.lineTo(axes[index].x, y);
      else context.moveTo(axes[index].x, y);
    }
    context.stroke();
  }

  drawOver() {
    const context = this.over.getContext("2d");
    const axes = this.shown;
    context.clearRect(0, 0, this.width, HEIGHT);
    for (const axis of axes) this.drawBrush(context, axis);
    if (store.shown[store.best]) this.drawOne(context, axes, store.best, colour("best"), 2.5);
    this.drawOne(context, axes, store.hovered, colour("ink"), 3);
    for (const axis of axes) this.drawAxis(context, axis, axis === axes.at(-1));
    if (!store.count) {
      context.fillStyle = colour("muted");
      context.textAlign = "center";
      context.fillText(
        "No trial yet: lines appear here as soon as the first one starts.",
        this.width / 2,
        HEIGHT / 2,
      );
    }
  }

  drawOne(context, axes, row, stroke, width) {
    if (row < 0 || row >= store.count) return;
    context.lineWidth = width + 3;
    context.strokeStyle = colour("card");
    this.trace(context, axes, row);
    context.lineWidth = width;
    context.strokeStyle = context.fillStyle = stroke;
    this.trace(context, axes, row);
    for (const axis of axes) {
      context.beginPath();
      context.arc(axis.x, this.y(this.places.get(axis.key)[row]), 4, 0, 7);
      context.fill();
    }
  }

  drawAxis(context, axis, last) {
    const side = last ? 1 : -1;
    if (axis.key === "objective") this.drawRamp(context, axis.x);
    context.lineWidth = 1.2;
    context.strokeStyle = colour("axis");
    context.beginPath();
    context.moveTo(axis.x, this.y(1));
    context.lineTo(axis.x, this.y(0));
    context.stroke();
    context.font = `11px ${colour("font")}`;
    context.textBaseline = "middle";
    context.textAlign = last ? "left" : "right";
    const label = (text, y, ink) => {
      context.lineWidth = 3.5;
      context.strokeStyle = colour("card");
      context.lineJoin = "round";
      context.strokeText(text, axis.x + 8 * side, y);
      context.fillStyle = ink;
      context.fillText(text, axis.x + 8 * side, y);
    };
    for (const { place, text } of axis.scale.ticks(5)) {
      const y = this.y(place);
      context.lineWidth = 1.2;
      context.strokeStyle = colour("axis");
      context.beginPath();
      context.moveTo(axis.x, y);
      context.lineTo(axis.x + 5 * side, y);
      context.stroke();
      label(shortText(text, 13), y, colour("ink"));
    }
    if (axis.lacks) {
      context.setLineDash([2, 3]);
      context.beginPath();
      context.moveTo(axis.x, this.y(0));
      context.lineTo(axis.x, this.y(NaN));
      context.stroke();
      context.setLineDash([]);
      context.font = `italic 11px ${colour("font")}`;
      label(axis.missing, this.y(NaN), colour("muted"));
    }
  }

  /** Show on the objective's axis which colour means what. */
  drawRamp(context, x) {
    const [top, bottom] = [this.y(1), this.y(0)];
    const gradient = context.createLinearGradient(0, top, 0, bottom);
    for (let stop = 0; stop <= 8; stop++) {
      const goodness = store.study.lower_is_better ? 1 - stop / 8 : stop / 8;
      gradient.addColorStop(stop / 8, binColour(binOf(goodness)));
    }
    context.fillStyle = gradient;
    context.fillRect(x - 3, top, 6, bottom - top);
  }

  drawBrush(context, axis) {
    const restriction = store.filters.get(axis.key);
    if (!restriction) return;
    context.fillStyle = colour("brush");
    context.strokeStyle = colour("accent");
    context.lineWidth = 1.5;
    for (const [high, low] of this.brushed(axis, restriction)) {
      context.fillRect(axis.x - 9, high, 18, low - high);
      context.strokeRect(axis.x - 9, high, 18, low - high);
    }
  }

  /** Return the brushed parts of an axis as pairs of heights in pixels. */
  brushed(axis, { low, high, set, missing }) {
    const parts = [];
    if (set) {
      const size = axis.labels.length;
      for (const index of set)
        parts.push([this.y((index + 1) / size) + 1, this.y(index / size) - 1]);
    } else if (low <= high) {
      parts.push([this.y(axis.scale.place(high)), this.y(axis.scale.place(low))]);
    }
    if (missing) parts.push([this.y(NaN) - 9, this.y(NaN) + 9]);
    return parts;
  }

  point(event) {
    const box = this.over.getBoundingClientRect();
    const [x, y] = [event.clientX - box.left, event.clientY - box.top];
    const axes = this.shown;
    const after = axes.findIndex((axis) => axis.x >= x);
    let [found, nearest] = [-1, REACH];
    if (after > 0) {
      const [left, right] = [axes[after - 1], axes[after]];
      const share = (x - left.x) / (right.x - left.x);
      const [from, to] = [this.places.get(left.key), this.places.get(right.key)];
      for (const row of this.rows) {
        const height = (1 - share) * this.y(from[row]) + share * this.y(to[row]);
        const distance = Math.abs(height - y);
        if (distance < nearest) [found, nearest] = [row, distance];
      }
    }
    store.hover(found);
    if (found >= 0) showTip(event.clientX, event.clientY, tipOf(found));
    else hideTip();
  }

  leave() {
    store.hover(-1);
    hideTip();
  }
}
