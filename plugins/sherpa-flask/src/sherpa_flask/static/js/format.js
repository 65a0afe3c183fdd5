// Numbers, values and times as text.

const EXPONENT = /\.?0*e([+-])(\d+)$/;

/** Return a number with a few significant digits; whole ones up to a million stay whole. */
export function numberText(value, digits = 4) {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (Number.isInteger(value) && size < 1e6) return value.toLocaleString("en");
  if (size >= 1e6 || size < 1e-3) {
    return value
      .toExponential(digits - 1)
      .replace(EXPONENT, (_, sign, power) => `e${sign === "-" ? "-" : ""}${power}`);
  }
  if (size >= 10 ** digits) return Math.round(value).toLocaleString("en");
  return String(Number(value.toPrecision(digits)));
}

/** Return any JSON value as text for people. */
export function valueText(value, digits = 5) {
  if (typeof value === "number") return numberText(value, digits);
  if (typeof value === "string") return value === "" ? '""' : value;
  if (value === null || value === undefined) return "None";
  if (value === true) return "True";
  if (value === false) return "False";
  return JSON.stringify(value);
}

/** Return a JSON value as a Python literal. */
export function pythonText(value) {
  if (value === null || value === undefined) return "None";
  if (value === true) return "True";
  if (value === false) return "False";
  if (Array.isArray(value)) return `[${value.map(pythonText).join(", ")}]`;
  if (typeof value === "object") {
    const items = Object.entries(value).map(([k, v]) => `${JSON.stringify(k)}: ${pythonText(v)}`);
    return `{${items.join(", ")}}`;
  }
  return JSON.stringify(value);
}

/** Return parameters as a Python dict over several lines. */
export function pythonDict(parameters) {
  const lines = Object.entries(parameters).map(
    ([name, value]) => `    ${JSON.stringify(name)}: ${pythonText(value)},\n`,
  );
  return `{\n${lines.join("")}}`;
}

/** Return seconds as "3.2 s", "4 min 10 s", "2 h 5 min", "3 d 4 h". */
export function durationText(seconds) {
  if (seconds === null || !Number.isFinite(seconds)) return "–";
  if (seconds < 0.95) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  if (whole < 86400) return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
  return `${Math.floor(whole / 86400)} d ${Math.floor((whole % 86400) / 3600)} h`;
}

/** Return "1 trial", "2,000 trials". */
export function countText(count, one, many = `${one}s`) {
  return `${count.toLocaleString("en")} ${count === 1 ? one : many}`;
}

/** Return at most `length` characters, the middle left out. */
export function shortText(text, length) {
  if (text.length <= length) return text;
  const tail = Math.floor((length - 1) / 3);
  return `${text.slice(0, length - 1 - tail)}…${text.slice(text.length - tail)}`;
}
