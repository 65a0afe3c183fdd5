// The table of trials: only the rows that are seen are in the page, however many there are.

import { el, setText } from "sherpa/dom.js";
import { countText, durationText, numberText, shortText, valueText } from "sherpa/format.js";
import { number, STATUSES, store } from "sherpa/store.js";
import { objectiveText, statusText } from "sherpa/trialtext.js";

const ROW = 32; // pixels, as in the style sheet
const SPARE = 6; // rows beyond the window

/** The view of the trials as a table within a card. */
export class Table {
  constructor(card) {
    this.scroller = card.querySelector(".table-scroller");
    this.note = card.querySelector(".note");
    this.chips = card.querySelector(".status-chips");
    this.head = el("tr", { "aria-rowindex": "1" });
    this.body = el("tbody");
    this.widths = el("colgroup");
    this.table = el(
      "table",
      { role: "grid", "aria-label": "Trials" },
      this.widths,
      el("thead", {}, this.head),
      this.body,
    );
    this.scroller.append(this.table);
    this.columns = [];
    this.sorted = { key: "id", down: true };
    this.order = [];
    this.rows = [];
    this.active = -1; // id of the trial that has the focus
    this.scroller.addEventListener("scroll", () => this.render(), { passive: true });
    new ResizeObserver(() => this.render()).observe(this.scroller);
    card.querySelector("input[type=search]").addEventListener("input", (event) => {
      store.find(event.target.value);
    });
    this.listen();
    store.subscribe((changes) => this.update(changes));
  }

  listen() {
    const rowOf = (event) => Number(event.target.closest("tr[data-row]")?.dataset.row ?? -1);
    this.body.addEventListener("pointerover", (event) => store.hover(rowOf(event)));
    this.body.addEventListener("pointerleave", () => store.hover(-1));
    this.body.addEventListener("click", (event) => rowOf(event) >= 0 && store.open(rowOf(event)));
    this.body.addEventListener("focusin", (event) => store.hover(rowOf(event)));
    this.body.addEventListener("keydown", (event) => {
      const step = { ArrowDown: 1, ArrowUp: -1, PageDown: 10, PageUp: -10 }[event.key];
      const place = this.rows.indexOf(rowOf(event));
      if (step) this.focus(place + step);
      else if (event.key === "Home") this.focus(0);
      else if (event.key === "End") this.focus(this.rows.length - 1);
      else if (event.key === "Enter" || event.key === " ") store.open(rowOf(event));
      else return;
      event.preventDefault();
    });
  }

  focus(place) {
    const inside = Math.min(Math.max(place, 0), this.rows.length - 1);
    const top = inside * ROW;
    const { scrollTop, clientHeight } = this.scroller;
    if (top < scrollTop) this.scroller.scrollTop = top;
    else if (top + 2 * ROW > scrollTop + clientHeight) {
      this.scroller.scrollTop = top + 2 * ROW - clientHeight + ROW / 2;
    }
    this.active = store.id[this.rows[inside]];
    this.render();
    this.body.querySelector(`tr[data-row="${this.rows[inside]}"]`)?.focus({ preventScroll: true });
  }

  update(changes) {
    if (changes.has("data")) {
      this.makeColumns();
      this.sort();
    }
    if (changes.has("data") || changes.has("filter")) {
      this.rows = this.order.filter((row) => store.shown[row]);
      this.drawChips();
      const of =
        store.visible.length === store.count ? "" : ` of ${store.count.toLocaleString("en")}`;
      setText(this.note, `${store.visible.length.toLocaleString("en")}${of} shown`);
      this.render();
    } else if (changes.has("hover") || changes.has("study")) this.render();
  }

  makeColumns() {
    const plain = (key, name, text, value) => ({ key, name, text, value });
    const parameters = store.parameters.map((parameter, index) => {
      const column = store.parameterColumns[index] ?? [];
      return {
        key: `p${index}`,
        name: parameter.name,
        numeric: !parameter.labels,
        value: (row) => column[row],
        text: (row) => {
          const value = column[row];
          if (value !== value) return "–";
          return parameter.labels ? parameter.labels[value] : numberText(value);
        },
      };
    });
    const metrics = store.metrics.map((name, index) => {
      const column = store.metricColumns[index] ?? [];
      const numeric = !column.some(
        (value) => typeof value === "string" && number(value) !== number(value),
      );
      return {
        key: `m${index}`,
        name,
        numeric,
        value: (row) => (numeric ? number(column[row]) : (column[row] ?? "")),
        text: (row) =>
          column[row] === null || column[row] === undefined ? "–" : valueText(column[row], 4),
      };
    });
    const columns = [
      {
        ...plain(
          "id",
          "Trial",
          (row) => String(store.id[row]),
          (row) => store.id[row],
        ),
        numeric: true,
      },
      plain("status", "Status", statusText, (row) => store.status[row]),
      {
        ...plain("objective", "Objective", objectiveText, (row) => store.objective[row]),
        numeric: true,
      },
      ...parameters,
      ...metrics,
      {
        ...plain(
          "observations",
          "Observations",
          (row) => String(store.num_observations[row]),
          (row) => store.num_observations[row],
        ),
        numeric: true,
      },
      {
        ...plain(
          "duration",
          "Duration",
          (row) => durationText(store.durationOf(row)),
          (row) => store.durationOf(row),
        ),
        numeric: true,
      },
      plain(
        "failure",
        "Reason",
        (row) => store.failure[row] || store.stop_requested[row] || "",
        (row) => store.failure[row] || store.stop_requested[row] || "",
      ),
    ];
    const names = columns.map((column) => column.name).join("\n");
    this.columns = columns;
    if (names !== this.names) this.drawHead(names);
  }

  drawHead(names) {
    this.names = names;
    const wide = (column) => {
      if (column.key === "failure") return 260;
      if (column.key === "status") return 144;
      if (column.key === "id") return 80;
      return Math.min(190, Math.max(98, 32 + 8.2 * column.name.length));
    };
    this.widths.replaceChildren(
      ...this.columns.map((column) => {
        const col = el("col");
        col.style.width = `${wide(column)}px`;
        return col;
      }),
    );
    this.table.style.width = `${this.columns.reduce((sum, column) => sum + wide(column), 0)}px`;
    this.head.replaceChildren(
      ...this.columns.map((column) =>
        el(
          "th",
          { scope: "col", class: column.numeric ? "numeric" : "", "data-key": column.key },
          el("button", {
            type: "button",
            text: shortText(column.name, 40),
            title: `${column.name}: sort`,
            onClick: () => this.sortBy(column.key),
          }),
        ),
      ),
    );
    this.table.setAttribute("aria-colcount", this.columns.length);
    this.showSorting();
  }

  sortBy(key) {
    const { key: before, down } = this.sorted;
    this.sorted = { key, down: before === key ? !down : false };
    this.sort();
    this.showSorting();
    this.rows = this.order.filter((row) => store.shown[row]);
    this.scroller.scrollTop = 0;
    this.render();
  }

  showSorting() {
    for (const th of this.head.children) {
      const own = th.dataset.key === this.sorted.key;
      const way = this.sorted.down ? "descending" : "ascending";
      th.setAttribute("aria-sort", own ? way : "none");
    }
  }

  /** Order all rows; what has no value comes last in both directions. */
  sort() {
    const column = this.columns.find(({ key }) => key === this.sorted.key) ?? this.columns[0];
    const values = Array.from({ length: store.count }, (_, row) => column.value(row));
    const sign = this.sorted.down ? -1 : 1;
    const empty = (value) => value !== value || value === "";
    this.order = Array.from(values.keys()).sort((a, b) => {
      const [x, y] = [values[a], values[b]];
      if (empty(x) || empty(y)) return empty(x) - empty(y) || a - b;
      return x < y ? -sign : x > y ? sign : a - b;
    });
  }

  drawChips() {
    const counts = Object.fromEntries(Object.keys(STATUSES).map((status) => [status, 0]));
    for (const status of store.status) counts[status] += 1;
    for (const [status, sign] of Object.entries(STATUSES)) {
      let chip = this.chips.querySelector(`[data-status=${status}]`);
      if (!chip) {
        chip = el("button", {
          type: "button",
          class: "chip",
          "data-status": status,
          onClick: () => store.toggleStatus(status),
        });
        this.chips.append(chip);
      }
      chip.hidden = !counts[status];
      setText(
        chip,
        `${sign} ${countText(counts[status], status.toLowerCase(), status.toLowerCase())}`,
      );
      chip.setAttribute("aria-pressed", String(!store.hiddenStatuses.has(status)));
    }
  }

  render() {
    const { rows, scroller } = this;
    const first = Math.max(0, Math.floor(scroller.scrollTop / ROW) - SPARE);
    const last = Math.min(rows.length, first + Math.ceil(scroller.clientHeight / ROW) + 2 * SPARE);
    this.table.setAttribute("aria-rowcount", rows.length + 1);
    const focused =
      document.activeElement?.closest?.("tr[data-row]") &&
      this.body.contains(document.activeElement);
    const wanted = rows.slice(first, last);
    const focusable = wanted.find((row) => store.id[row] === this.active) ?? wanted[0];
    while (this.body.children.length > wanted.length + 2) this.body.children[1].remove();
    while (this.body.children.length < wanted.length + 2) this.body.append(el("tr"));
    const [above, ...others] = this.body.children;
    const below = others.pop();
    for (const [spacer, height] of [
      [above, first * ROW],
      [below, (rows.length - last) * ROW],
    ]) {
      spacer.className = "spacer";
      spacer.setAttribute("aria-hidden", "true");
      spacer.removeAttribute("data-row");
      spacer.replaceChildren();
      spacer.style.height = `${height}px`;
    }
    wanted.forEach((row, index) => this.fill(others[index], row, first + index, row === focusable));
    if (focused && wanted.includes(focusable)) {
      this.body.querySelector(`tr[data-row="${focusable}"]`).focus({ preventScroll: true });
    }
  }

  fill(tr, row, place, focusable) {
    tr.className = [
      row === store.best ? "best" : "",
      row === store.hovered ? "hovered" : "",
      store.status[row].toLowerCase(),
    ].join(" ");
    tr.style.height = "";
    tr.removeAttribute("aria-hidden");
    tr.dataset.row = row;
    tr.tabIndex = focusable ? 0 : -1;
    tr.setAttribute("aria-rowindex", place + 2);
    while (tr.children.length < this.columns.length) tr.append(el("td", { role: "gridcell" }));
    while (tr.children.length > this.columns.length) tr.lastChild.remove();
    this.columns.forEach((column, index) => {
      const td = tr.children[index];
      const text = column.text(row);
      if (td.textContent !== text) {
        td.textContent = text;
        td.title = text.length > 16 ? text : "";
      }
      td.className = column.numeric ? "numeric" : column.key;
    });
  }
}
