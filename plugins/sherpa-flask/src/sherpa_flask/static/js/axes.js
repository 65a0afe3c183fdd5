// The handles of the axes: brushing, moving, hiding, and a menu that does the same by keyboard.

import { announce, byId, el } from "sherpa/dom.js";
import { shortText } from "sherpa/format.js";
import { store } from "sherpa/store.js";

const START = 5; // pixels that a pointer moves before it drags

/** What can be taken hold of in parallel coordinates. */
export class AxisHandles {
  constructor(view, stage, card) {
    this.view = view;
    this.stage = stage;
    this.menu = byId("axis-menu");
    this.boxes = new Map();
    this.clear = card.querySelector(".clear-brushes");
    this.clear.addEventListener("click", () => store.clearBrushes());
    card.querySelector(".choose-axes").addEventListener("click", (event) => {
      this.openMenu(event.currentTarget, this.axisList());
    });
  }

  /** Place one handle for each axis; those that are there stay, with their focus. */
  rebuild() {
    const { view } = this;
    const shown = view.shown;
    for (const [key, box] of this.boxes) {
      if (shown.some((axis) => axis.key === key)) continue;
      box.remove();
      this.boxes.delete(key);
    }
    for (const axis of shown) {
      if (!this.boxes.has(axis.key)) this.boxes.set(axis.key, this.makeBox(axis));
      const box = this.boxes.get(axis.key);
      box.style.left = `${axis.x}px`;
      box.style.width = `${Math.min(130, Math.max(60, view.step || 130))}px`;
      const head = box.firstChild;
      head.textContent = shortText(axis.name, 34);
      head.title = `${axis.name}: drag to move, click for more`;
      head.setAttribute(
        "aria-label",
        `Axis ${axis.name}; arrow keys move it, Enter opens its menu`,
      );
    }
    const focused = document.activeElement;
    for (const axis of shown) {
      const box = this.boxes.get(axis.key);
      if (box.contains(focused) || box.classList.contains("dragged")) continue;
      this.stage.append(box); // in the order of the axes, for the Tab key
    }
    this.update();
  }

  update() {
    this.clear.hidden = !store.filters.size;
    for (const [key, box] of this.boxes) box.classList.toggle("brushed", store.filters.has(key));
  }

  axis(key) {
    return this.view.axes.find((axis) => axis.key === key);
  }

  makeBox({ key }) {
    const head = el("button", {
      type: "button",
      class: "axis-head",
      "aria-haspopup": "dialog",
      onClick: () => this.dragged || this.openMenu(head, this.axisMenu(this.axis(key))),
      onKeydown: (event) => {
        const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
        if (!step) return;
        event.preventDefault();
        this.move(key, step);
      },
      onPointerdown: (event) => this.startDrag(event, key),
    });
    const strip = el("div", {
      class: "axis-strip",
      onPointerdown: (event) => this.startBrush(event, key),
    });
    const box = el("div", { class: "axis" }, head, strip);
    this.stage.append(box);
    return box;
  }

  /** Move an axis by a number of places among those shown. */
  move(key, step) {
    const { view } = this;
    const keys = view.shown.map((axis) => axis.key);
    const target = keys[keys.indexOf(key) + step];
    if (!target) return;
    const order = view.order.filter((each) => each !== key);
    order.splice(order.indexOf(target) + (step > 0 ? 1 : 0), 0, key);
    view.order = order;
    view.redraw();
    announce(`${this.axis(key).name} is axis ${keys.indexOf(target) + 1} of ${keys.length}`);
  }

  startDrag(event, key) {
    if (event.button !== 0) return;
    const head = event.currentTarget;
    const from = event.clientX;
    this.dragged = false;
    head.setPointerCapture(event.pointerId);
    const onMove = (moved) => {
      if (!this.dragged && Math.abs(moved.clientX - from) < START) return;
      this.dragged = true;
      head.parentElement.classList.add("dragged");
      const x = moved.clientX - this.stage.getBoundingClientRect().left;
      const keys = this.view.shown.map((axis) => axis.key);
      const own = this.axis(key).x;
      const steps = Math.round((x - own) / (this.view.step || 1));
      if (steps && keys[keys.indexOf(key) + steps]) this.move(key, steps);
    };
    follow(head, onMove, () => head.parentElement.classList.remove("dragged"));
  }

  /** Draw a new brush, or move one or its end, as the pointer goes. */
  startBrush(event, key) {
    if (event.button !== 0) return;
    event.preventDefault();
    const { view } = this;
    const strip = event.currentTarget;
    const axis = this.axis(key);
    const height = (moved) => moved.clientY - this.stage.getBoundingClientRect().top;
    const first = height(event);
    const known = store.filters.get(key);
    strip.setPointerCapture(event.pointerId);
    if (axis.lacks && first > view.y(0) + 8) {
      const missing = !known?.missing;
      const none = axis.labels ? { set: new Set() } : { low: Infinity, high: -Infinity };
      const rest = known ?? none;
      const empty = !missing && (rest.set ? !rest.set.size : rest.low > rest.high);
      store.brush(key, empty ? null : { ...rest, missing });
      return;
    }
    const hold = this.hold(axis, known, first);
    let moved = false;
    const onMove = (event) => {
      const now = height(event);
      if (!moved && Math.abs(now - first) < 3) return;
      moved = true;
      const [a, b] = hold(now).map((y) => view.placeAt(y));
      store.brush(key, restriction(axis, Math.min(a, b), Math.max(a, b)));
    };
    follow(strip, onMove, () => {
      if (moved) return;
      const place = view.placeAt(first);
      if (axis.labels && !known) store.brush(key, restriction(axis, place, place));
      else store.brush(key, null);
    });
  }

  /** Return how the ends of the brush follow the pointer: an end is pulled, or the whole moved. */
  hold(axis, known, first) {
    if (known && !axis.labels && known.low <= known.high) {
      const [[top, bottom]] = this.view.brushed(axis, known);
      if (Math.abs(first - top) < 7) return (y) => [bottom, y];
      if (Math.abs(first - bottom) < 7) return (y) => [top, y];
      if (first > top && first < bottom) return (y) => [top + y - first, bottom + y - first];
    }
    return (y) => [first, y];
  }

  openMenu(button, content) {
    const { menu } = this;
    menu.replaceChildren(...content);
    menu.showPopover();
    const at = button.getBoundingClientRect();
    const left = Math.min(at.left, innerWidth - menu.offsetWidth - 8);
    menu.style.left = `${Math.max(8, left)}px`;
    menu.style.top = `${Math.max(8, Math.min(at.bottom + 4, innerHeight - menu.offsetHeight - 8))}px`;
    menu.querySelector("button, input")?.focus();
    menu.addEventListener("toggle", (event) => event.newState === "closed" && button.focus(), {
      once: true,
    });
  }

  axisMenu(axis) {
    const { view } = this;
    const item = (text, act) =>
      el("button", {
        type: "button",
        class: "menu-item",
        text,
        onClick: () => {
          this.menu.hidePopover();
          act();
        },
      });
    return [
      el("div", { class: "menu-title", text: axis.name }),
      item("Move left", () => this.move(axis.key, -1)),
      item("Move right", () => this.move(axis.key, 1)),
      item("Hide", () => this.hide(axis.key, true)),
      axis.labels || !(axis.scale.low > 0)
        ? null
        : item(axis.scale.log ? "Linear axis" : "Logarithmic axis", () => {
            view.logs.set(axis.key, !axis.scale.log);
            view.measure();
            view.redraw();
          }),
      axis.labels ? this.labelBoxes(axis) : this.rangeFields(axis),
      item("All values", () => store.brush(axis.key, null)),
    ].filter(Boolean);
  }

  hide(key, hidden) {
    if (hidden && this.view.shown.length > 1) this.view.hidden.add(key);
    else this.view.hidden.delete(key);
    if (hidden) store.brush(key, null);
    this.view.redraw();
  }

  rangeFields(axis) {
    const { low = -Infinity, high = Infinity } = store.filters.get(axis.key) ?? {};
    const field = (name, value, end) => {
      const input = el("input", {
        type: "number",
        step: "any",
        "aria-label": `${name} of ${axis.name}`,
      });
      input.placeholder = axis.scale.text(end);
      if (Number.isFinite(value)) input.value = Number(value.toPrecision(4));
      input.addEventListener("change", apply);
      return input;
    };
    const apply = () => {
      const low = from.value === "" ? -Infinity : Number(from.value);
      const high = to.value === "" ? Infinity : Number(to.value);
      store.brush(axis.key, from.value || to.value ? { low, high } : null);
    };
    const from = field("Lowest", low, axis.scale.low);
    const to = field("Highest", high, axis.scale.high);
    return el("div", { class: "menu-fields" }, from, el("span", { text: "to" }), to);
  }

  labelBoxes(axis) {
    const known = store.filters.get(axis.key)?.set;
    const boxes = axis.labels.map((text, index) => {
      const box = el("input", { type: "checkbox", onChange: () => apply() });
      box.checked = known ? known.has(index) : true;
      return el("label", {}, box, el("span", { text }));
    });
    const apply = () => {
      const set = new Set(
        boxes.flatMap((label, index) => (label.firstChild.checked ? [index] : [])),
      );
      store.brush(axis.key, set.size === boxes.length ? null : { set });
    };
    return el("div", { class: "menu-boxes" }, ...boxes);
  }

  /** The list of all axes, each with a box whether it is shown. */
  axisList() {
    const { view } = this;
    const boxes = view.order.map((key) => {
      const box = el("input", { type: "checkbox", onChange: () => this.hide(key, !box.checked) });
      box.checked = !view.hidden.has(key);
      return el("label", {}, box, el("span", { text: this.axis(key).name }));
    });
    return [
      el("div", { class: "menu-title", text: "Axes" }),
      el("div", { class: "menu-boxes" }, ...boxes),
    ];
  }
}

/** Return the restriction that a brush between two places means. */
function restriction(axis, low, high) {
  if (!axis.labels) {
    // What is off the scale is shown at its ends, and belongs to them.
    return {
      low: low <= 0 ? -Infinity : axis.scale.value(low),
      high: high >= 1 ? Infinity : axis.scale.value(high),
    };
  }
  const size = axis.labels.length;
  const set = new Set();
  for (let index = 0; index < size; index++) {
    if ((index + 1) / size > low && index / size < high + 1e-9) set.add(index);
  }
  return { set };
}

function follow(element, onMove, onEnd) {
  const end = () => {
    element.removeEventListener("pointermove", onMove);
    element.removeEventListener("pointerup", end);
    element.removeEventListener("pointercancel", end);
    onEnd();
  };
  element.addEventListener("pointermove", onMove);
  element.addEventListener("pointerup", end);
  element.addEventListener("pointercancel", end);
}
