// The one way in which texts become elements, and what every page needs.

/** Characters that would not be seen, or would move others about, made visible. Lines stay lines. */
export const visible = (text) =>
  text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}]/gu, (char) =>
    char === "\n" ? char : `\\u{${char.codePointAt(0).toString(16)}}`,
  );

function fill(element, attributes, children) {
  for (const [key, value] of Object.entries(attributes ?? {})) {
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (value !== null && value !== false && value !== undefined) {
      element.setAttribute(key, value === true ? "" : value);
    }
  }
  put(element, ...children);
  return element;
}

/**
 * An element. Children that are strings become text nodes: there is no other way in for a text.
 * Attributes named `on…` are listeners; those that are null or false are left out.
 */
export const el = (name, attributes, ...children) =>
  fill(document.createElement(name), attributes, children);

/** An element of a drawing. */
export const svg = (name, attributes, ...children) =>
  fill(document.createElementNS("http://www.w3.org/2000/svg", name), attributes, children);

/** Adds children to an element: strings as text, null not at all. */
export function put(element, ...children) {
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === false) continue;
    element.append(child instanceof Node ? child : visible(String(child)));
  }
}

/** Puts children in the place of all that an element has. */
export function show(element, ...children) {
  element.replaceChildren();
  put(element, ...children);
}

/** A sentence with `code` in backticks set as code. */
export const prose = (text) =>
  String(text ?? "")
    .split(/(`[^`]+`)/)
    .filter((part) => part !== "")
    .map((part) => (/^`[^`]+`$/.test(part) ? el("code", null, part.slice(1, -1)) : part));

/** A link only where the address is one of the web; else the text alone. */
export const link = (text, url) =>
  /^https?:\/\//i.test(url ?? "")
    ? el("a", { href: url, target: "_blank", rel: "noopener noreferrer" }, text)
    : text;

/** A fact's value in one line. */
export const valueText = (value) => {
  if (value === null || value === undefined) return "–";
  if (Array.isArray(value)) return value.length === 0 ? "(none)" : value.map(valueText).join(", ");
  if (value === true) return "yes";
  if (value === false) return "no";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
};

/** `app:/cb?code=…` without what is behind the question mark. */
export const bare = (page) => String(page ?? "").replace(/\?.*$/s, "");

/** The site of a page. */
export const siteOf = (page) => bare(page).split(":")[0];

/** The non-empty lines of a text. */
export const linesOf = (text) => (text ?? "").split("\n").filter((line) => line.trim() !== "");

/** Calls `act` once `wait` milliseconds have gone by without another call. */
export function settled(act, wait) {
  let timer;
  return (...given) => {
    clearTimeout(timer);
    timer = setTimeout(act, wait, ...given);
  };
}

/** A button that copies what `text` gives, and says so. */
export function copyButton(label, text) {
  const said = el("span", { role: "status", class: "unseen-text" });
  const button = el("button", { type: "button", class: "plain small" }, label);
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(text());
      button.textContent = "Copied";
      said.textContent = "Copied";
    } catch {
      button.textContent = "Not allowed to copy";
      said.textContent = "The browser does not let this page copy";
    }
    setTimeout(() => {
      button.textContent = label;
      said.textContent = "";
    }, 2000);
  });
  return [button, said];
}

/** The engine of this browser, as predictions call it. */
export const ownEngine = () => {
  const agent = navigator.userAgent;
  if (/firefox\//i.test(agent)) return "firefox";
  return /chrom(e|ium)\//i.test(agent) ? "chromium" : "webkit";
};

export const ENGINES = { chromium: "Chromium", firefox: "Firefox", webkit: "Safari (WebKit)" };

let ids = 0;
/** An id that no other element has. */
export const newId = (word) => `${word}-${++ids}`;
