// Charts drawn by ECharts in the page's colours, with a layer on top for what is hovered.

import { colour } from "sherpa/colours.js";
import { shortText } from "sherpa/format.js";
import { store } from "sherpa/store.js";

const { echarts } = globalThis;
const REACH = 12; // pixels between the pointer and the line that it means

/** Return an axis in the page's colours; `more` is ECharts' own vocabulary for it. */
export function axis(name, { label = {}, ...more } = {}) {
  return {
    type: "value",
    name,
    nameLocation: "middle",
    nameGap: 26,
    nameTextStyle: { color: colour("muted"), fontSize: 11 },
    axisLine: { show: true, onZero: false, lineStyle: { color: colour("axis") } },
    axisTick: { show: false },
    axisLabel: { color: colour("muted"), fontSize: 11, hideOverlap: true, ...label },
    splitLine: { lineStyle: { color: colour("line") } },
    ...more,
  };
}

/** Return a vertical axis: its name stands above it. */
export function vertical(name, more = {}) {
  const nameTextStyle = { color: colour("muted"), fontSize: 11, align: "left" };
  return axis(name, { nameLocation: "end", nameGap: 10, nameTextStyle, ...more });
}

/** Return what makes an axis one of labels, numbered from 0. */
export function labelled(labels, length = 14) {
  return {
    min: -0.5,
    max: labels.length - 0.5,
    splitLine: { show: false },
    label: {
      customValues: labels.map((_, index) => index),
      formatter: (value) => shortText(labels[value] ?? "", length),
    },
  };
}

/** Return what makes an axis one of a scale of ours: its ends, its text, logarithmic or not. */
export function scaled(scale, margin = 0.04) {
  // ECharts' own ticks of a logarithmic axis are powers of ten only.
  const customValues = scale.log ? scale.ticks().map(({ place }) => scale.value(place)) : undefined;
  return {
    type: scale.log ? "log" : "value",
    min: scale.value(-margin),
    max: scale.value(1 + margin),
    minInterval: scale.whole ? 1 : undefined,
    axisTick: { show: false, customValues },
    label: {
      customValues,
      formatter: (value) => scale.text(value),
      showMinLabel: margin === 0 || scale.log,
      showMaxLabel: margin === 0 || scale.log,
    },
  };
}

/** One chart in an element; it follows the element's size and is drawn again in other colours. */
export class Chart {
  /**
   * @param {HTMLElement} element where it is drawn.
   * @param {() => object} makeOption returns ECharts' option for what is known now.
   */
  constructor(element, makeOption) {
    this.element = element;
    this.makeOption = makeOption;
    this.chart = echarts.init(element, null, { renderer: "canvas" });
    this.marks = [];
    this.observer = new ResizeObserver(() => this.resize());
    this.observer.observe(element);
  }

  resize() {
    const { clientWidth, clientHeight } = this.element;
    if (!clientWidth || (clientWidth === this.width && clientHeight === this.height)) return;
    [this.width, this.height] = [clientWidth, clientHeight];
    this.chart.resize();
    this.draw();
  }

  draw() {
    if (!store.study) return;
    const option = this.makeOption();
    const base = {
      animation: false,
      textStyle: { fontFamily: colour("font"), color: colour("ink") },
      grid: { left: 10, right: 18, top: 30, bottom: 30, containLabel: true },
    };
    this.chart.setOption({ ...base, ...option }, { notMerge: true, silent: true });
    this.mark([]);
  }

  /** Return where a value lies in pixels. */
  pixel(x, y) {
    return this.chart.convertToPixel({ xAxisIndex: 0, yAxisIndex: 0 }, [x, y]);
  }

  /** Draw lines (several points in pixels) or dots (one) on top; nothing else is drawn again. */
  mark(shapes) {
    const zr = this.chart.getZr();
    for (const mark of this.marks) zr.remove(mark);
    this.marks = shapes.map(({ points, stroke, width = 2.5 }) => {
      const rest = { silent: true, zlevel: 5, z: 10 };
      return points.length > 1
        ? new echarts.graphic.Polyline({
            shape: { points },
            style: { stroke, lineWidth: width, fill: null },
            ...rest,
          })
        : new echarts.graphic.Circle({
            shape: { cx: points[0][0], cy: points[0][1], r: 6 },
            style: { stroke, fill: null, lineWidth: width },
            ...rest,
          });
    });
    for (const mark of this.marks) zr.add(mark);
  }

  /** Let the pointer hover and open trials: `nearest(x, y)` returns `[row, distance]`. */
  point(nearest) {
    const zr = this.chart.getZr();
    const at = (event) => {
      const [row, distance] = nearest(event.offsetX, event.offsetY);
      return distance < REACH ? row : -1;
    };
    zr.on("mousemove", (event) => {
      const row = at(event);
      zr.setCursorStyle(row >= 0 ? "pointer" : "default");
      store.hover(row);
      this.hoverAt?.(row, event.event);
    });
    zr.on("globalout", () => {
      store.hover(-1);
      this.hoverAt?.(-1);
    });
    zr.on("click", (event) => at(event) >= 0 && store.open(at(event)));
  }

  dispose() {
    this.observer.disconnect();
    this.chart.dispose();
  }
}

/** Return the distance of a point from the segment between two others, all in pixels. */
export function distanceTo(x, y, [ax, ay], [bx, by]) {
  const [dx, dy] = [bx - ax, by - ay];
  const length = dx * dx + dy * dy;
  const share = length ? Math.min(1, Math.max(0, ((x - ax) * dx + (y - ay) * dy) / length)) : 0;
  return Math.hypot(x - ax - share * dx, y - ay - share * dy);
}
