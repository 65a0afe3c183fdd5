// The page of all studies that the server shows.

import { ask } from "sherpa/api.js";
import { startTheme } from "sherpa/colours.js";
import { byId, el, setText } from "sherpa/dom.js";
import { numberText } from "sherpa/format.js";

const EVERY = 5000; // milliseconds between two questions

function card(study) {
  const { counts = {}, error } = study;
  const title = el(
    "h2",
    {},
    error ? el("span", { text: study.name }) : el("a", { href: study.url, text: study.name }),
  );
  const place = el("p", { class: "muted", text: study.place });
  if (error)
    return el(
      "li",
      { class: "card study" },
      title,
      place,
      el("p", { class: "problem", text: error }),
    );
  const ended = (counts.COMPLETED ?? 0) + (counts.STOPPED ?? 0) + (counts.FAILED ?? 0);
  const of = study.max_num_trials ? ` of ${study.max_num_trials.toLocaleString("en")}` : "";
  const facts = [
    `${ended.toLocaleString("en")}${of} trials ended`,
    counts.RUNNING ? `${counts.RUNNING} running` : "",
    counts.FAILED ? `${counts.FAILED} failed` : "",
  ];
  const best =
    study.best === null ? "no objective yet" : `best ${numberText(Number(study.best), 5)}`;
  return el(
    "li",
    { class: "card study" },
    title,
    el("span", {
      class: "state",
      "data-state": study.state,
      text: study.state === "running" ? "running" : "not running",
    }),
    el("p", { class: "best-line", text: best }),
    el("p", { text: facts.filter(Boolean).join(", ") }),
    el("p", {
      class: "muted",
      text: [study.note, ...study.tags.map((tag) => `#${tag}`)].filter(Boolean).join("  "),
    }),
    place,
  );
}

let shown = "";

async function refresh() {
  if (!document.hidden) {
    try {
      const { studies } = await ask("studies");
      const text = JSON.stringify(studies);
      if (text !== shown) byId("studies").replaceChildren(...studies.map(card));
      shown = text;
      byId("connection").dataset.state = "live";
      setText(byId("connection"), studies.length ? "live" : "no study yet");
    } catch {
      byId("connection").dataset.state = "reconnecting";
      setText(byId("connection"), "reconnecting …");
    }
  }
  setTimeout(refresh, EVERY);
}

startTheme(byId("theme"));
refresh();
