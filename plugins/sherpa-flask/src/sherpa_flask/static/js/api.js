// The server's side of the page: increments as they come, single trials, changes.

import { store } from "sherpa/store.js";

const WAIT = 25; // seconds that the server may keep a question
const PAUSES = [0.5, 1, 2, 4, 8]; // seconds between attempts to reach the server again

const saved = document.getElementById("sherpa-report");

/** What a report holds; null on a server's page. */
export const report = saved ? JSON.parse(saved.textContent) : null;

const pause = (seconds) => new Promise((resolve) => setTimeout(resolve, seconds * 1000));

const seen = () =>
  new Promise((resolve) => {
    if (!document.hidden) return resolve();
    document.addEventListener("visibilitychange", resolve, { once: true });
  });

/** Ask the server; what it refuses becomes an Error with its sentence. */
export async function ask(address, options = {}) {
  const response = await fetch(address, options);
  const answer = await response.json().catch(() => ({}));
  if (response.ok) return answer;
  const error = new Error(answer.error ?? `The server answered with status ${response.status}.`);
  error.status = response.status;
  throw error;
}

/** Follow the study for ever; `show(state, words)` is told how it goes. */
export async function follow(show) {
  if (report) {
    store.merge(report.data);
    const when = new Date(report.created * 1000).toLocaleString();
    show("saved", `saved copy of ${when}`);
    return;
  }
  let cursor = null;
  let failures = 0;
  for (;;) {
    if (document.hidden && cursor !== null) {
      show("paused", "paused while hidden");
      await seen();
    }
    try {
      const wait = cursor === null || failures ? 0 : WAIT;
      const query = cursor === null ? "" : `?after=${encodeURIComponent(cursor)}&wait=${wait}`;
      const answer = await ask(`data${query}`);
      cursor = answer.cursor;
      failures = 0;
      store.merge(answer);
      show("live", "live");
      if (answer.retry) await pause(answer.retry);
    } catch (error) {
      const words = error.status === 404 ? error.message : "reconnecting …";
      show("reconnecting", words);
      await pause(PAUSES[Math.min(failures, PAUSES.length - 1)]);
      failures += 1;
    }
  }
}

/** Return all that is known of a trial: its curve, parameters and job. */
export function fetchTrial(id) {
  return ask(`trial/${id}`);
}

/** Return the end of a trial's log. */
export async function fetchLog(id) {
  if (report) return report.logs[id] ?? { text: "", reason: "This saved copy has no log of it." };
  return ask(`trial/${id}/log`);
}

/** Return what can be understood from the trials. */
export async function fetchUnderstanding() {
  return report ? report.understanding : ask("understanding");
}

/** Ask the study to stop a trial. */
export function stopTrial(id) {
  const token = document.querySelector("meta[name=sherpa-token]").content;
  const headers = { "Content-Type": "application/json", "X-Sherpa-Token": token };
  return ask(`trial/${id}/stop`, { method: "POST", headers, body: "{}" });
}
