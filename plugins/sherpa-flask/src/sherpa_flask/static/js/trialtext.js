// What is said of a trial: the lines of its tooltip, its status.

import { durationText, numberText, shortText, valueText } from "sherpa/format.js";
import { STATUSES, store } from "sherpa/store.js";

const MOST = 10; // parameters in a tooltip

/** Return a trial's status for people. */
export function statusText(row) {
  const status = store.status[row];
  const ending = status === "RUNNING" && store.stop_requested[row] ? ", stopping" : "";
  return `${STATUSES[status] ?? "?"} ${status}${ending}`;
}

/** Return a trial's objective for people. */
export function objectiveText(row) {
  const value = store.objective[row];
  if (value === value) return numberText(value, 5);
  return store.num_observations[row] ? "NaN" : "–";
}

/** Return the lines of a trial's tooltip. */
export function tipOf(row) {
  const parameters = Object.entries(store.parametersOf(row));
  const lines = parameters
    .slice(0, MOST)
    .map(([name, value]) => `${shortText(name, 24)}: ${shortText(valueText(value, 4), 30)}`);
  if (parameters.length > MOST) lines.push(`… and ${parameters.length - MOST} more`);
  return [
    `Trial ${store.id[row]}: ${objectiveText(row)}`,
    `${statusText(row)}, ${durationText(store.durationOf(row))}`,
    ...lines,
  ];
}
