// What can be learned from the trials: questions answered in words, importance, slices.

import { fetchUnderstanding } from "sherpa/api.js";
import { colour } from "sherpa/colours.js";
import { axis, Chart } from "sherpa/charts.js";
import { copyButton, el, prose, setText, whenSeen } from "sherpa/dom.js";
import { shortText } from "sherpa/format.js";
import { SliceChart } from "sherpa/slices.js";
import { store } from "sherpa/store.js";

const GROWTH = 1.05; // asked again when so many more trials have ended
const BADGES = { yes: "Yes", no: "No", unclear: "Unclear", "too few trials": "Too few trials" };
const HOW_WELL = { ...BADGES, yes: "Well", no: "Not well" };

/** The view of what can be understood, within a section of the page. */
export class Understanding {
  constructor(section) {
    this.section = section;
    this.questions = section.querySelector(".questions");
    this.followUp = section.querySelector(".follow-up");
    this.slices = section.querySelector(".slices");
    this.note = section.querySelector(".importance-note");
    this.charts = [];
    this.asked = -1;
    store.subscribe((changes) => {
      if (changes.has("data")) this.watch();
      if (changes.has("theme")) this.chart?.draw();
      for (const slice of this.charts) slice.update(changes);
    });
  }

  get ended() {
    const { COMPLETED = 0, STOPPED = 0, FAILED = 0 } = store.study?.counts ?? {};
    return COMPLETED + STOPPED + FAILED;
  }

  /** Ask when the section is seen, and again when enough trials have ended since. */
  watch() {
    if (!this.watched) {
      this.watched = true; // now that the views above have their height
      whenSeen(this.section, () => {
        this.seen = true;
        this.ask();
      });
    }
    const enough = this.ended > this.asked && this.ended >= this.asked * GROWTH;
    if (this.seen && enough) this.ask();
  }

  async ask() {
    if (this.asking) return;
    const { ended } = this;
    this.asking = true;
    this.section.setAttribute("aria-busy", "true");
    try {
      const answer = await fetchUnderstanding();
      this.asked = ended;
      this.show(answer);
    } catch (error) {
      setText(this.section.querySelector(".understanding-note"), error.message);
    } finally {
      this.asking = false;
      this.section.removeAttribute("aria-busy");
    }
  }

  show(found) {
    setText(this.section.querySelector(".understanding-note"), found.trials.words);
    this.questions.replaceChildren(...found.questions.map((each) => this.question(each)));
    this.followUp.replaceChildren(
      ...(found.follow_up ? [step("A follow-up study", found.follow_up)] : []),
    );
    setText(this.note, found.importance.words);
    this.showImportance(found.importance);
    this.showSlices(found.slices, found.importance.prolonged > 0);
  }

  question({ id, question, answer, words, evidence, trials, show, next }) {
    const brushes = Object.keys(show ?? {}).length;
    return el(
      "article",
      { class: "question", "data-id": id },
      el(
        "header",
        {},
        el("h3", { text: question }),
        el("span", {
          class: `badge ${answer.replaceAll(" ", "-")}`,
          text: (id === "explored" ? HOW_WELL : BADGES)[answer] ?? answer,
        }),
      ),
      prose("p", words),
      evidence.length ? el("ul", {}, ...evidence.map((text) => prose("li", text))) : null,
      el(
        "footer",
        {},
        el("span", { class: "muted", text: `from ${trials.toLocaleString("en")} trials` }),
        brushes
          ? el("button", {
              type: "button",
              class: "small",
              text: "Show these trials",
              onClick: () => brushAll(show),
            })
          : null,
      ),
      next ? step("Next step", next) : null,
    );
  }

  showImportance({ enough, parameters, words }) {
    const element = this.section.querySelector(".importance");
    element.hidden = !enough || !parameters.length;
    if (element.hidden) return;
    this.importance = [...parameters].sort((a, b) => a.importance - b.importance);
    element.style.height = `${46 + 26 * parameters.length}px`;
    const told = this.importance
      .slice(-3)
      .reverse()
      .map(({ name, importance }) => `${name} ${Math.round(100 * importance)} %`);
    element.setAttribute("aria-label", `Importance. ${words} Most important: ${told.join(", ")}.`);
    this.chart ??= new Chart(element, () => importanceOption(this.importance));
    this.chart.draw();
  }

  showSlices(slices, prolonged) {
    const line = prolonged ? "mean at full length of training" : "mean over all other parameters";
    const early = prolonged ? "; dots: where trials ended, stopped ones in brown" : "";
    setText(
      this.section.querySelector(".slices-note"),
      `line: ${line}; shaded: the best region${early}`,
    );
    for (const chart of this.charts) chart.dispose();
    this.charts = [];
    this.slices.replaceChildren();
    for (const slice of slices) {
      const chart = new SliceChart(slice);
      this.charts.push(chart);
      this.slices.append(chart.figure);
    }
  }
}

function importanceOption(parameters) {
  return {
    grid: { left: 20, right: 30, top: 6, bottom: 34, containLabel: true },
    xAxis: axis("share of the objective's variance", {
      min: 0,
      label: { formatter: (value) => `${Math.round(100 * value)} %` },
    }),
    yAxis: {
      ...axis(""),
      type: "category",
      data: parameters.map(({ name }) => shortText(name, 22)),
      splitLine: { show: false },
      axisLabel: { color: colour("ink"), fontSize: 12, interval: 0 },
    },
    series: [
      {
        type: "bar",
        barWidth: 12,
        silent: true,
        data: parameters.map(({ importance }) => importance),
        itemStyle: { color: colour("accent"), borderRadius: 3 },
      },
      {
        type: "custom",
        silent: true,
        z: 5,
        data: parameters.map(({ low, high }, index) => [low, high, index]),
        encode: { x: [0, 1], y: 2 },
        renderItem: (_, api) => {
          const [low, high] = [0, 1].map((k) => api.coord([api.value(k), api.value(2)]));
          const style = { stroke: colour("ink"), lineWidth: 1.5 };
          const line = (x1, y1, x2, y2) => ({ type: "line", shape: { x1, y1, x2, y2 }, style });
          const y = low[1];
          const cap = (x) => line(x, y - 4, x, y + 4);
          return {
            type: "group",
            children: [line(low[0], y, high[0], y), cap(low[0]), cap(high[0])],
          };
        },
      },
    ],
  };
}

/** Brush what the evidence is about, and go there. */
function brushAll(show) {
  store.filters.clear();
  store.parameters.forEach((parameter, index) => {
    const wanted = show[parameter.name];
    if (!wanted) return;
    const brush = parameter.labels ? { set: new Set(wanted) } : { low: wanted[0], high: wanted[1] };
    store.brush(`p${index}`, brush);
  });
  document.getElementById("parallel").scrollIntoView({ behavior: "smooth", block: "start" });
}

/** A next step in words, with its study file and Python to copy. */
function step(title, { words, toml, python }) {
  const codes = Object.entries({ "study file": toml, Python: python }).filter(([, text]) => text);
  return el(
    "div",
    { class: "step" },
    el("p", {}, el("strong", { text: `${title}: ` }), prose("span", words)),
    ...codes.map(([name, text]) =>
      el(
        "details",
        {},
        el("summary", { text: `As ${name}` }),
        el(
          "div",
          { class: "code" },
          el("pre", { text, tabindex: "0" }),
          copyButton("Copy", () => text),
        ),
      ),
    ),
  );
}
