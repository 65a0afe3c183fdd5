// The study as columns, and what is brushed, hovered and opened: what all views share.

/** The statuses in the order in which they are shown, with a sign for each. */
export const STATUSES = { RUNNING: "◐", COMPLETED: "●", STOPPED: "■", FAILED: "✕" };

const PLAIN = ["id", "status", "origin", "parent", "attempt", "failure", "stop_requested"];
const NUMBERS = ["objective", "iteration", "num_observations", "started", "duration"];

/** Return a number as the server writes it: `null` is NaN, "Infinity" is Infinity. */
export function number(value) {
  if (typeof value === "number") return value;
  return value === null || value === undefined || typeof value === "boolean" ? NaN : Number(value);
}

class Store {
  constructor() {
    this.study = null;
    this.now = 0;
    this.received = 0;
    this.sampled = null;
    this.filters = new Map();
    this.search = "";
    this.hiddenStatuses = new Set();
    this.hovered = -1;
    this.pending = new Set();
    this.listeners = [];
    this.clear();
  }

  clear() {
    this.parameters = [];
    this.metrics = [];
    this.rows = new Map();
    for (const name of [...PLAIN, ...NUMBERS]) this[name] = [];
    this.parameterColumns = [];
    this.metricColumns = [];
    this.extras = new Map();
    this.curves = [];
    this.texts = [];
    this.shown = new Uint8Array(0);
    this.visible = [];
    this.hovered = -1;
  }

  /** Number of trials. */
  get count() {
    return this.id.length;
  }

  /** Row of the best trial, -1 where there is none. */
  get best() {
    return this.rows.get(this.study?.best?.trial) ?? -1;
  }

  /** Call `listener(changes)` once a frame in which something changed.
   *
   * `changes` is a set of "data", "study", "filter", "hover", "open" and "theme".
   */
  subscribe(listener) {
    this.listeners.push(listener);
  }

  changed(kind) {
    this.pending.add(kind);
    if (this.waiting) return;
    this.waiting = true;
    const tell = () => {
      this.waiting = false;
      const changes = this.pending;
      this.pending = new Set();
      if (changes.has("data") || changes.has("filter")) this.filter();
      for (const listener of this.listeners) listener(changes);
    };
    // A page in the background has no frames.
    if (document.hidden) setTimeout(tell);
    else requestAnimationFrame(tell);
  }

  /** Take in an answer of the server's `data`. */
  merge(answer) {
    if (answer.full) this.clear();
    if (this.study?.created !== answer.study.created) this.filters.clear();
    this.study = answer.study;
    this.now = answer.now;
    this.received = performance.now();
    this.sampled = answer.sampled;
    this.parameters = answer.parameters;
    this.metrics = answer.metrics;
    this.changed("study");
    const changed = this.mergeTrials(answer.trials);
    const grown = this.mergeCurves(answer.observations);
    if (!changed && !grown && !answer.full) return;
    this.changed("data");
  }

  mergeTrials(columns) {
    const count = columns.id.length;
    const places = columns.id.map((id) => {
      let row = this.rows.get(id);
      if (row === undefined) {
        row = this.rows.size;
        this.rows.set(id, row);
      }
      return row;
    });
    const put = (target, source, read) => {
      for (let index = 0; index < count; index++) target[places[index]] = read(source[index]);
    };
    const same = (value) => value;
    for (const name of PLAIN) put(this[name], columns[name], same);
    for (const name of NUMBERS) put(this[name], columns[name], number);
    const several = (targets, sources, read) => {
      sources.forEach((source, index) => {
        targets[index] ??= new Array(this.rows.size).fill(read(null));
        put(targets[index], source, read);
      });
    };
    several(this.parameterColumns, columns.parameters, number);
    several(this.metricColumns, columns.metrics, same);
    for (const [name, source] of Object.entries(columns.extras ?? {})) {
      if (!this.extras.has(name)) this.extras.set(name, []);
      put(this.extras.get(name), source, same);
    }
    for (const row of places) this.texts[row] = undefined;
    return count > 0;
  }

  mergeCurves(flat) {
    let offset = 0;
    flat.trial.forEach((id, index) => {
      const [start, end] = [offset, offset + flat.count[index]];
      offset = end;
      const row = this.rows.get(id);
      if (row === undefined) return;
      const known = this.curves[row] ?? { iteration: [], objective: [], time: [], metrics: [] };
      const keep = flat.start[index];
      if (known.iteration.length < keep) return;
      const grow = (old, source) =>
        keep
          ? [...(old ?? []).slice(0, keep), ...source.slice(start, end)]
          : source.slice(start, end);
      this.curves[row] = {
        iteration: grow(known.iteration, flat.iteration),
        objective: grow(known.objective, flat.objective).map(number),
        time: grow(known.time, flat.time),
        metrics: flat.metrics.map((source, k) => {
          const old = known.metrics[k] ?? new Array(keep).fill(null);
          return grow(old, source);
        }),
      };
    });
    return flat.trial.length > 0;
  }

  /** Seconds since the study's creation, as the server counts them. */
  get clock() {
    return this.now - this.study.created + (performance.now() - this.received) / 1000;
  }

  /** Seconds that a trial took, up to now while it runs. */
  durationOf(row) {
    const known = this.duration[row];
    if (known === known) return known;
    return this.status[row] === "RUNNING" ? Math.max(0, this.clock - this.started[row]) : NaN;
  }

  /** A trial's true parameter values by name, those that are active. */
  parametersOf(row) {
    const found = {};
    this.parameters.forEach((parameter, index) => {
      const value = this.parameterColumns[index][row];
      if (value === value)
        found[parameter.name] = parameter.labels ? parameter.values[value] : value;
    });
    return found;
  }

  // Brushes.

  /** Restrict an axis: `{low, high}` or `{set}` of label indices, and `missing`; null lifts it. */
  brush(key, restriction) {
    if (restriction) this.filters.set(key, restriction);
    else this.filters.delete(key);
    this.changed("filter");
  }

  clearBrushes() {
    this.filters.clear();
    this.changed("filter");
  }

  find(text) {
    this.search = text.trim().toLowerCase();
    this.changed("filter");
  }

  toggleStatus(status) {
    if (!this.hiddenStatuses.delete(status)) this.hiddenStatuses.add(status);
    this.changed("filter");
  }

  hover(row) {
    if (row === this.hovered) return;
    this.hovered = row;
    this.changed("hover");
  }

  /** Open a trial's dialog. */
  open(row) {
    this.opened = row;
    this.changed("open");
  }

  /** Return an axis's values by its key: "objective", "p3" (parameter 3), "m0" (metric 0). */
  column(key) {
    if (key === "objective") return this.objective;
    const index = Number(key.slice(1));
    return (key[0] === "p" ? this.parameterColumns : this.metricColumns)[index] ?? [];
  }

  filter() {
    const count = this.count;
    const shown = new Uint8Array(count).fill(1);
    for (const [key, { low, high, set, missing }] of this.filters) {
      const values = this.column(key);
      for (let row = 0; row < count; row++) {
        const value = key[0] === "m" ? number(values[row]) : values[row];
        const passes =
          value !== value ? missing : set ? set.has(value) : value >= low && value <= high;
        if (!passes) shown[row] = 0;
      }
    }
    if (this.hiddenStatuses.size) {
      for (let row = 0; row < count; row++) {
        if (this.hiddenStatuses.has(this.status[row])) shown[row] = 0;
      }
    }
    if (this.search) {
      for (let row = 0; row < count; row++) {
        if (shown[row] && !this.textOf(row).includes(this.search)) shown[row] = 0;
      }
    }
    this.shown = shown;
    this.visible = [];
    for (let row = 0; row < count; row++) if (shown[row]) this.visible.push(row);
  }

  textOf(row) {
    this.texts[row] ??= [
      this.id[row],
      this.status[row],
      this.failure[row],
      ...this.parameters.map((parameter, index) => {
        const value = this.parameterColumns[index][row];
        return parameter.labels ? (parameter.labels[value] ?? "") : value;
      }),
      ...this.metricColumns.map((column) => column[row] ?? ""),
    ]
      .join("\n")
      .toLowerCase();
    return this.texts[row];
  }

  /** Return whether one objective is better than another; NaN is never better. */
  isBetter(value, than) {
    if (than !== than) return value === value;
    return this.study.lower_is_better ? value < than : value > than;
  }

  /** Return at most `limit` of the rows: the best tenth of them, the others evenly. */
  sample(rows, limit) {
    if (rows.length <= limit) return rows;
    const sign = this.study.lower_is_better ? 1 : -1;
    const worth = (row) =>
      this.objective[row] === this.objective[row] ? sign * this.objective[row] : Infinity;
    const keep = Math.floor(limit / 10);
    const border = Float64Array.from(rows, worth).sort()[keep];
    const best = new Set(rows.filter((row) => worth(row) < border).slice(0, keep));
    const others = rows.filter((row) => !best.has(row));
    const wanted = limit - best.size;
    for (let k = 0; k < wanted; k++) best.add(others[Math.floor((k * others.length) / wanted)]);
    return [...best].sort((a, b) => a - b);
  }
}

/** The one store of the page. */
export const store = new Store();
