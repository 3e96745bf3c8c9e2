// The data, taken out of its tables, and the one way in which texts become elements.

const data = JSON.parse(document.getElementById("data").textContent);

/** A text of the table; null stays null. */
const textAt = (id) => (id === null ? null : data.texts[id]);

/** What `make` gives for an id, made once. */
function kept(make) {
  const made = new Map();
  return (id) => {
    if (!made.has(id)) made.set(id, make(id));
    return made.get(id);
  };
}

/** The texts of list `id`. */
const textsAt = (id) => data.lists[id].map(textAt);

/** The facts of list `id`: [{ name, observed, predicted }]. */
const factsAt = kept((id) =>
  data.lists[id].map((at) => {
    const [name, observed, predicted] = data.facts[at].map(textAt);
    return { name, observed, predicted };
  }));

const reasonsAt = (id) =>
  data.lists[id].map((at) => {
    const [fact, hop, rule, source, url, deviation] = data.reasons[at].map(textAt);
    return { fact, hop, rule, source, url, deviation };
  });

const responsesAt = (id) =>
  data.lists[id].map((at) => {
    const [who, page, status, lines, deciding] = data.responses[at];
    const headers = [];
    for (let i = 0; i < lines.length; i += 2) {
      headers.push([textAt(lines[i]), textAt(lines[i + 1])]);
    }
    return { who: textAt(who), page: textAt(page), status, headers, deciding };
  });

/** The windows of list `id`: [{ name, from, frame }]. */
const windowsAt = (id) => data.windows[id];

/** Moments of a column: [{ at, window, event, deciding }]. */
const momentsOf = (column) =>
  column.moments.map(({ is, at_ms: at }) => {
    const [window, event, deciding] = data.moments[is];
    return { at, window: textAt(window), event, deciding };
  });

/** A cell by its id; facts, reasons and responses are numbers of lists still. */
const cellAt = kept((id) => {
  const [facts, reasons, responses, lacks, error, broken] = data.cells[id];
  return { facts, reasons, responses, lacks: textsAt(lacks), error: textAt(error), broken: textAt(broken) };
});

/** Whether the browser did something else than is predicted of it. No prediction, no deviation. */
const deviates = (fact) =>
  fact.predicted !== null && fact.observed !== null && fact.predicted !== fact.observed;

/** Characters that would not be seen, or would move others about, made visible. Lines stay lines. */
const visible = (text) =>
  text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}]/gu, (char) =>
    char === "\n" ? char : `\\u{${char.codePointAt(0).toString(16)}}`,
  );

/**
 * An element. Children that are strings become text nodes: there is no other way in for a text.
 * Attributes named `on…` are listeners; those that are null or false are left out.
 */
function el(name, attributes, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes ?? {})) {
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (value !== null && value !== false && value !== undefined) {
      element.setAttribute(key, value === true ? "" : value);
    }
  }
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined) continue;
    element.append(typeof child === "string" ? visible(child) : child);
  }
  return element;
}

const plural = (count, one, many) => `${count} ${count === 1 ? one : (many ?? `${one}s`)}`;

/** An axis value as people read it: the empty one stands for a header that is not sent. */
const labelText = (label) => (label === "" ? "none" : label);

/** A link only where the address is one of the web; else the text alone. */
function link(text, url) {
  if (url === null || !/^https?:\/\//i.test(url)) return text;
  return el("a", { href: url, target: "_blank", rel: "noopener noreferrer" }, text);
}

/** A sentence with `code` in backticks set as code. */
function prose(text) {
  return text
    .split(/(`[^`]+`)/)
    .filter((part) => part !== "")
    .map((part) => (/^`.+`$/s.test(part) ? el("code", null, part.slice(1, -1)) : part));
}

/** A command line with a button that copies it, or selects it where the browser does not let it. */
function commandLine(command) {
  const code = el("code", { class: "command" }, command);
  const select = () => getSelection().selectAllChildren(code);
  const button = el("button", { type: "button", class: "small" }, "Copy");
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(command);
      button.textContent = "Copied";
      setTimeout(() => (button.textContent = "Copy"), 1500);
    } catch {
      select();
    }
  });
  return el("div", { class: "run" }, code, button);
}
