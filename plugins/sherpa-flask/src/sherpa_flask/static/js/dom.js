// Elements, their text, copying and the tooltip. Nothing here ever parses HTML.

/** Make an element. Functions become listeners, `text` its text, `class` its classes. */
export function el(tag, props = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === "function") made.addEventListener(name.slice(2).toLowerCase(), value);
    else if (name === "text") made.textContent = value;
    else if (name === "class") made.className = value;
    else made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

/** Return an element with words in which `code` stands between backticks. */
export function prose(tag, words) {
  const parts = words.split("`");
  const closed = parts.length % 2 === 1;
  return el(
    tag,
    {},
    ...parts.map((part, index) => (closed && index % 2 ? el("code", { text: part }) : part)),
  );
}

/** Return the element with this id. */
export const byId = (id) => document.getElementById(id);

/** Set an element's text, only where it differs: unchanged elements are not laid out again. */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** Copy a text; also where the page is not served over https or localhost. */
export async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const area = el("textarea", { class: "offscreen", readonly: true });
    area.value = text;
    (document.querySelector("dialog[open]") ?? document.body).append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  }
}

/** Return a button that copies what `makeText()` returns, and says so. */
export function copyButton(label, makeText) {
  const button = el("button", { type: "button", class: "small", text: label });
  let back;
  button.addEventListener("click", async () => {
    await copyText(makeText());
    button.textContent = "Copied ✓";
    announce("Copied");
    clearTimeout(back);
    back = setTimeout(() => (button.textContent = label), 1500);
  });
  return button;
}

/** Say something to those who listen to the page instead of seeing it. */
export function announce(words) {
  setText(byId("announcer"), words);
}

/** Call `draw` when the element comes near the window, at most once. */
export function whenSeen(element, draw) {
  const observer = new IntersectionObserver(
    (entries) => {
      if (!entries.some((entry) => entry.isIntersecting)) return;
      observer.disconnect();
      draw();
    },
    { rootMargin: "300px" },
  );
  observer.observe(element);
}

let tooltip = null;

/** Show lines of text beside the pointer. The first one is emphasized. */
export function showTip(x, y, lines) {
  tooltip ??= document.body.appendChild(el("div", { class: "tip", role: "presentation" }));
  tooltip.replaceChildren(
    ...lines.map((line, index) => el("div", { text: line, class: index ? "" : "tip-title" })),
  );
  tooltip.hidden = false;
  const box = tooltip.getBoundingClientRect();
  const left = x + 16 + box.width > innerWidth ? x - 16 - box.width : x + 16;
  const top = Math.min(y + 12, innerHeight - box.height - 8);
  tooltip.style.transform = `translate(${Math.max(4, left)}px, ${Math.max(4, top)}px)`;
}

/** Hide the tooltip. */
export function hideTip() {
  if (tooltip) tooltip.hidden = true;
}
