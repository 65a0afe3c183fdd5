// Colours that colour-blind readers can tell apart, and the switch between light and dark.

import { store } from "sherpa/store.js";

// matplotlib's viridis at 17 places (CC0).
const VIRIDIS = (
  "440154 48186a 472d7b 424086 3b528b 33638d 2c728e 26828e 21918c " +
  "1fa088 28ae80 3fbc73 5ec962 84d44b addc30 d8e219 fde725"
)
  .split(" ")
  .map((hex) => [0, 2, 4].map((start) => parseInt(hex.slice(start, start + 2), 16)));

/** Number of colours that lines are drawn in. */
export const BINS = 32;

let bins = [];
let names = new Map();

/** Return a colour of the page's style sheet: `ink`, `accent`, `best`, ... */
export function colour(name) {
  if (!names.has(name)) {
    const style = getComputedStyle(document.documentElement);
    names.set(name, style.getPropertyValue(`--${name}`).trim());
  }
  return names.get(name);
}

/** Return whether the page is dark. */
export const isDark = () => document.documentElement.dataset.theme === "dark";

function viridis(place) {
  const exact = Math.min(Math.max(place, 0), 1) * (VIRIDIS.length - 1);
  const index = Math.min(Math.floor(exact), VIRIDIS.length - 2);
  const share = exact - index;
  const mixed = VIRIDIS[index].map((low, k) =>
    Math.round(low + share * (VIRIDIS[index + 1][k] - low)),
  );
  return `rgb(${mixed.join(",")})`;
}

/** Return the number of the colour for a goodness from 0 (best) to 1 (worst); -1 for NaN. */
export function binOf(goodness) {
  return goodness === goodness ? Math.min(Math.floor(goodness * BINS), BINS - 1) : -1;
}

/** Return a bin's colour: the best ones stand out from the background most. */
export function binColour(bin) {
  if (bin < 0) return colour("faint");
  if (!bins.length) {
    for (let index = 0; index < BINS; index++) {
      const place = index / (BINS - 1);
      bins.push(viridis(isDark() ? 1 - 0.8 * place : 0.9 * place));
    }
  }
  return bins[bin];
}

function apply(theme) {
  document.documentElement.dataset.theme = theme;
  bins = [];
  names = new Map();
  store.changed("theme");
}

function remembered() {
  try {
    return localStorage.getItem("sherpa-theme");
  } catch {
    return null; // a file from disk may have no storage
  }
}

/** Follow the system's theme until the button chooses another one. */
export function startTheme(button) {
  const system = matchMedia("(prefers-color-scheme: dark)");
  const show = (theme) => {
    apply(theme);
    button.textContent = theme === "dark" ? "☀" : "☾";
    const label = theme === "dark" ? "Light colours" : "Dark colours";
    button.setAttribute("aria-label", label);
    button.title = label;
  };
  show(remembered() ?? (system.matches ? "dark" : "light"));
  system.addEventListener("change", () => remembered() ?? show(system.matches ? "dark" : "light"));
  button.addEventListener("click", () => {
    const theme = isDark() ? "light" : "dark";
    try {
      localStorage.setItem("sherpa-theme", theme);
    } catch {
      // not remembered, but shown
    }
    show(theme);
  });
}
