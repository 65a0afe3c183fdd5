// The head of the page: progress, the best configuration, time, and how the connection is.

import { report } from "sherpa/api.js";
import { byId, copyButton, el, setText } from "sherpa/dom.js";
import { countText, durationText, numberText, pythonDict, valueText } from "sherpa/format.js";
import { STATUSES, store } from "sherpa/store.js";

/** The view of what is known of the study as a whole. */
export class Header {
  constructor() {
    this.bar = byId("progress-bar");
    const parameters = () => store.study.best?.parameters ?? {};
    this.copies = [
      copyButton("Copy as Python", () => pythonDict(parameters())),
      copyButton("Copy as JSON", () => JSON.stringify(parameters(), null, 2)),
    ];
    byId("best-copies").append(...this.copies);
    byId("best-open").addEventListener("click", () => store.open(store.best));
    for (const link of document.querySelectorAll(".needs-server")) link.hidden = report !== null;
    store.subscribe((changes) => {
      if (changes.has("study") || changes.has("data")) this.update();
    });
    document.addEventListener("visibilitychange", () => this.tick());
  }

  update() {
    const { study } = store;
    const { counts } = study;
    const added = Object.keys(STATUSES).reduce((sum, status) => sum + (counts[status] ?? 0), 0);
    const ended = added - (counts.RUNNING ?? 0);
    const most = study.max_num_trials;
    const total = Math.max(most ?? 0, added);
    setText(byId("study-name"), study.name);
    setText(byId("algorithm"), algorithmText(study));
    setText(
      byId("note"),
      [study.note, ...study.tags.map((tag) => `#${tag}`)].filter(Boolean).join("  "),
    );
    const stopping = study.stop_requested !== null ? `, stopping: ${study.stop_requested}` : "";
    const words = {
      running: "running",
      waiting: added ? "not running" : "waiting for its first trial",
    };
    setText(byId("state"), (words[study.state] ?? study.state) + stopping);
    byId("state").dataset.state = study.state;
    const of = most === null ? "" : ` of ${most.toLocaleString("en")}`;
    const noun = (most ?? ended) === 1 ? "trial" : "trials";
    setText(byId("progress"), `${ended.toLocaleString("en")}${of} ${noun} ended`);
    const parts = Object.entries(STATUSES)
      .filter(([status]) => counts[status])
      .map(
        ([status, sign]) =>
          `${sign} ${counts[status].toLocaleString("en")} ${status.toLowerCase()}`,
      );
    if (counts.QUEUED) parts.push(`${counts.QUEUED.toLocaleString("en")} queued`);
    setText(byId("counts"), parts.join("   ") || "no trial yet");
    this.drawBar(counts, total, ended);
    this.showBest(study);
    this.tick();
  }

  drawBar(counts, total, ended) {
    this.bar.setAttribute("aria-valuemax", total || 1);
    this.bar.setAttribute("aria-valuenow", ended);
    for (const status of ["COMPLETED", "STOPPED", "FAILED", "RUNNING"]) {
      let part = this.bar.querySelector(`.${status.toLowerCase()}`);
      part ??= this.bar.appendChild(el("span", { class: status.toLowerCase() }));
      part.style.width = `${total ? (100 * (counts[status] ?? 0)) / total : 0}%`;
    }
  }

  showBest({ best, lower_is_better: lower }) {
    byId("best-open").hidden = !best;
    byId("best-copies").hidden = !best;
    setText(byId("best-note"), lower ? "lower is better" : "higher is better");
    setText(byId("best-value"), best ? numberText(Number(best.objective), 5) : "–");
    setText(byId("best-open"), best ? `Trial ${best.trial}, iteration ${best.iteration}` : "");
    const chips = Object.entries(best?.parameters ?? {}).map(([name, value]) =>
      el(
        "span",
        { class: "pair" },
        el("b", { text: name }),
        el("span", { text: valueText(value, 4) }),
      ),
    );
    byId("best-parameters").replaceChildren(...chips);
  }

  /** Show the time, and go on while the study runs and somebody looks. */
  tick() {
    clearTimeout(this.timer);
    const { study } = store;
    if (!study) return;
    const running = study.state === "running" && report === null;
    const since = running ? (performance.now() - store.received) / 1000 : 0;
    const elapsed = durationText(study.elapsed + since);
    const left = study.seconds_left === null ? null : Math.max(0, study.seconds_left - since);
    const words = [`${running ? "running for" : "ran for"} ${elapsed}`];
    if (running && left !== null) words.push(`about ${durationText(left)} left`);
    setText(byId("time"), store.count ? words.join(", ") : "");
    if (running && !document.hidden) this.timer = setTimeout(() => this.tick(), 1000);
  }
}

function algorithmText({ algorithm, max_concurrent: concurrent }) {
  const { name, ...options } = algorithm;
  const told = Object.entries(options)
    .filter(([, value]) => value !== null && typeof value !== "object")
    .slice(0, 5)
    .map(([option, value]) => `${option} ${valueText(value)}`);
  const parts = [name, ...told];
  if (concurrent > 1) parts.push(countText(concurrent, "trial at a time", "trials at a time"));
  return parts.join(" · ");
}

/** Show how the connection to the server is. */
export function showConnection(state, words) {
  const element = byId("connection");
  element.dataset.state = state;
  setText(element, words);
}
