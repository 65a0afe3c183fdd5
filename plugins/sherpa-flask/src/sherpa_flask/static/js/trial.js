// The dialog of one trial: parameters, curve, metrics, the end of its log, and stopping it.

import { fetchLog, fetchTrial, report, stopTrial } from "sherpa/api.js";
import { colour } from "sherpa/colours.js";
import { axis, Chart, scaled, vertical } from "sherpa/charts.js";
import { announce, byId, copyButton, el, setText } from "sherpa/dom.js";
import { durationText, pythonDict, valueText } from "sherpa/format.js";
import { pointsOf } from "sherpa/lines.js";
import { numberScale } from "sherpa/scales.js";
import { number, store } from "sherpa/store.js";
import { objectiveText, statusText } from "sherpa/trialtext.js";

/** The dialog that `store.open` opens. */
export class TrialDialog {
  constructor() {
    this.dialog = byId("trial");
    this.confirm = byId("confirm-stop");
    this.part = (name) => this.dialog.querySelector(`.${name}`);
    this.id = null;
    this.curve = null;
    this.part("close").addEventListener("click", () => this.dialog.close());
    this.dialog.addEventListener(
      "click",
      (event) => event.target === this.dialog && this.dialog.close(),
    );
    this.dialog.addEventListener("close", () => (this.id = null));
    this.part("stop").addEventListener("click", () => this.confirm.showModal());
    this.part("refresh").addEventListener("click", () => this.showLog());
    this.confirm.querySelector(".no").addEventListener("click", () => this.confirm.close());
    this.confirm.querySelector(".yes").addEventListener("click", () => this.stop());
    this.part("copies").append(
      copyButton("Copy as Python", () => pythonDict(this.parameters)),
      copyButton("Copy as JSON", () => JSON.stringify(this.parameters, null, 2)),
    );
    store.subscribe((changes) => {
      if (changes.has("open")) this.show(store.opened);
      else if (this.id === null) return;
      else if (changes.has("data") || changes.has("theme")) this.update();
      else if (changes.has("study")) this.showHead();
    });
  }

  get row() {
    return store.rows.get(this.id);
  }

  async show(row) {
    if (row < 0 || row >= store.count) return;
    this.id = store.id[row];
    this.curve = store.curves[row] ?? null;
    setText(this.part("problem"), "");
    if (!this.dialog.open) this.dialog.showModal();
    this.chart ??= new Chart(this.part("chart"), () => this.option());
    this.standing = null;
    this.update();
    if (!this.curve && store.num_observations[row] && !report) await this.fetchCurve();
  }

  /** Get the curve of a trial that is not among the sampled ones. */
  async fetchCurve() {
    const { id } = this;
    try {
      const { observations } = await fetchTrial(id);
      if (id !== this.id) return;
      this.curve = {
        ...observations,
        metrics: store.metrics.map((name) => observations.metrics[name] ?? []),
      };
      this.showCurve();
    } catch (error) {
      setText(this.part("problem"), error.message);
    }
  }

  update() {
    if (this.row === undefined) return this.dialog.close();
    this.curve = store.curves[this.row] ?? this.curve;
    this.parameters = store.parametersOf(this.row);
    const standing = `${this.id} ${store.status[this.row]} ${store.num_observations[this.row]}`;
    if (standing !== this.standing) this.showLog(); // it has probably written something
    this.standing = standing;
    this.showHead();
    this.showValues();
    this.showCurve();
  }

  showHead() {
    const { row } = this;
    setText(this.part("title"), `Trial ${this.id}`);
    const parts = [
      statusText(row),
      `objective ${objectiveText(row)}`,
      durationText(store.durationOf(row)),
    ];
    if (store.attempt[row] > 1) parts.push(`attempt ${store.attempt[row]}`);
    parts.push(`from ${store.origin[row]}`);
    if (store.parent[row] !== null) parts.push(`continues trial ${store.parent[row]}`);
    setText(this.part("facts"), parts.join(" · "));
    setText(this.part("reason"), store.failure[row] || store.stop_requested[row] || "");
    const running = store.status[row] === "RUNNING";
    const button = this.part("stop");
    button.hidden = !running || !store.study.can_stop || report !== null;
    button.disabled = Boolean(store.stop_requested[row]);
    setText(button, button.disabled ? "Stopping …" : "Stop trial");
  }

  showValues() {
    const rows = (entries) =>
      entries.map(([name, value]) =>
        el(
          "tr",
          {},
          el("th", { scope: "row", text: name }),
          el("td", { text: valueText(value, 8) }),
        ),
      );
    this.part("parameters").replaceChildren(...rows(Object.entries(this.parameters)));
    const inactive = store.parameters
      .filter(({ name }) => !(name in this.parameters))
      .map(({ name }) => name);
    setText(this.part("inactive"), inactive.length ? `inactive: ${inactive.join(", ")}` : "");
    const metrics = store.metrics
      .map((name, index) => [name, store.metricColumns[index]?.[this.row]])
      .filter(([, value]) => value !== null && value !== undefined);
    const extras = [...store.extras]
      .map(([name, column]) => [name, column[this.row]])
      .filter(([, value]) => value !== null && value !== undefined && value !== "");
    this.part("metrics").replaceChildren(...rows([...metrics, ...extras]));
    this.part("metrics-part").hidden = !metrics.length && !extras.length;
  }

  showCurve() {
    const box = this.part("chart");
    box.hidden = !this.curve?.iteration.length;
    if (!box.hidden) {
      this.chart.resize();
      this.chart.draw();
    }
  }

  option() {
    const points = this.curve ? pointsOf(this.curve) : [];
    const scale = numberScale(
      points.map((point) => point[1] ?? NaN),
      false,
    );
    const iterations = points.map((point) => point[0]);
    const [first, last] = [Math.min(...iterations, 1), Math.max(...iterations, 2)];
    return {
      xAxis: axis("iteration", {
        min: first,
        max: last,
        minInterval: 1,
        splitLine: { show: false },
      }),
      yAxis: vertical("objective", scaled(scale)),
      series: [
        {
          type: "line",
          data: points,
          silent: true,
          symbolSize: 6,
          showSymbol: points.length <= 40,
          lineStyle: { color: colour("accent"), width: 2.5 },
          itemStyle: { color: colour("accent") },
        },
      ],
    };
  }

  async showLog() {
    const { id } = this;
    const [pre, note] = [this.part("log"), this.part("log-note")];
    setText(note, "reading …");
    this.part("refresh").hidden = report !== null;
    try {
      const { name, text, size = 0, start = 0, reason } = await fetchLog(id);
      if (id !== this.id) return;
      const cut =
        start > 0
          ? `, the last ${number(size - start).toLocaleString("en")} of ${size.toLocaleString("en")} bytes`
          : "";
      setText(note, reason ?? `${name}${cut}`);
      setText(pre, text);
      pre.hidden = !text;
      pre.scrollTop = pre.scrollHeight;
    } catch (error) {
      setText(note, error.message);
      pre.hidden = true;
    }
  }

  async stop() {
    this.confirm.close();
    try {
      announce((await stopTrial(this.id)).words);
    } catch (error) {
      setText(this.part("problem"), error.message);
    }
  }
}
