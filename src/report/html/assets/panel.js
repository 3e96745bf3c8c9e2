// The side panel: everything about one cell.

const panel = {
  view: null,
  cell: null,
  element: el("aside", { id: "panel", "aria-label": "The chosen cell", hidden: true }),

  shows(view, cell) {
    return this.view === view && this.cell === cell;
  },

  show(view, cell) {
    const other = this.view;
    this.view = view;
    this.cell = cell;
    this.element.hidden = false;
    document.body.classList.add("with-panel");
    this.element.replaceChildren(...this.content());
    this.element.scrollTop = 0;
    if (other && other !== view) other.mark();
    remember(`#${fragment(view, cell)}`);
  },

  close() {
    const { view, cell } = this;
    if (view === null) return;
    this.view = null;
    this.cell = null;
    this.element.hidden = true;
    document.body.classList.remove("with-panel");
    remember("");
    view.mark();
    if (view.grid.cells.has(cell)) view.focus(cell);
  },

  focus() {
    this.element.querySelector("h2").focus();
  },

  /** Where the panel begins if it lies below the page, as on a phone; else the window's bottom. */
  sheetTop() {
    const box = this.element.getBoundingClientRect();
    return !this.element.hidden && box.left < 10 ? box.top : innerHeight;
  },

  content() {
    const { view, cell } = this;
    const [facts, reasons, responses, error] = view.packed.cells[cell];
    const outcome = view.outcomes.of[cell];
    const place = placeOf(view.axes, cell);
    const swatch = el("span", { class: "swatch", "aria-hidden": "true" }, outcome.sign);
    paint(swatch, outcome);
    const list = factsAt(facts);
    const off = list.filter(deviates);
    const why = reasonsAt(reasons);
    const answers = responsesAt(responses);
    const part = (title, ...content) => el("section", null, el("h3", null, title), ...content);
    return [
      el("header", null,
        el("h2", { tabindex: -1 }, swatch, el("span", null, view.words(outcome))),
        el("button", { type: "button", class: "close", "aria-label": "Close (Escape)", title: "Close (Esc)", onclick: () => this.close() }, "✕")),
      el("dl", { class: "place" }, view.axes.map((axis, i) => el("div", null,
        el("dt", null, axis.name), el("dd", null, labelText(axis.labels[place[i]]))))),
      error === null ? null : el("p", { class: "notice error" }, el("b", null, "Could not be tested. "), textAt(error)),
      off.length === 0 ? null : el("p", { class: "notice deviation" }, el("b", null, "≠ The browser differs from the standard. "),
        off.map((fact) => `${fact.name} is ${fact.observed}; the standard predicts ${fact.predicted}.`).join(" ")),
      list.length > 0 ? part("Facts", factsTable(list)) : null,
      why.length > 0 ? part("Why", this.reasons(why)) : null,
      answers.length > 0 ? part("Responses", ...responseCards(answers)) : null,
      part("This cell alone", [
        commandLine(commandFor(view, place, "explain")),
        commandLine(commandFor(view, place, "run")),
      ]),
      el("p", { class: "quiet" }, `${data.engine} ${data.engine_version} on ${data.os}. Cell ${cell + 1} of ${view.packed.cells.length} of ${view.label}.`),
    ].filter(Boolean);
  },

  /** The rules in order, by the fact that they are about. */
  reasons(reasons) {
    const facts = [...new Set(reasons.map((reason) => reason.fact))];
    return el("div", { class: "why" }, facts.map((fact) => [
      el("h4", null, fact),
      el("ol", null, reasons.filter((reason) => reason.fact === fact).map((reason) => el("li", null,
        reason.hop ? el("span", { class: "hop" }, reason.hop) : null,
        el("span", null, prose(reason.rule)),
        el("span", { class: "source" }, link(reason.source, reason.url))))),
    ]));
  },
};

/** The command that runs one cell. The selector is a regular expression, and the shell gets it quoted. */
function commandFor(view, place, command) {
  const values = view.axes.map((axis, i) => `${axis.name}=${axis.labels[place[i]]}`);
  const name = `${view.label}[${values.join(",")}]`;
  const pattern = name.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&").replace(/'/g, ".");
  const what = command === "explain" ? view.packed.what : view.packed.run;
  return `coopwright ${command} ${what} --grep '^${pattern}$'`;
}

// --- the address remembers the open cell ---

const fragment = (view, cell) => {
  const place = placeOf(view.axes, cell).join(".");
  return `cell=${encodeURIComponent(view.packed.name)}/${encodeURIComponent(view.packed.variant)}/${place}`;
};

function remember(hash) {
  try {
    history.replaceState(null, "", location.href.split("#")[0] + hash);
  } catch {
    // Some browsers do not let a file change its address. Then the address does not remember.
  }
}

/** Opens the cell that the address names, if it names one. */
function recall() {
  const [, name, variant, place] = /^#cell=([^/]*)\/([^/]*)\/([\d.]*)$/.exec(location.hash) ?? [];
  if (place === undefined) return;
  const same = (coded, text) => {
    try {
      return decodeURIComponent(coded) === text;
    } catch {
      return false;
    }
  };
  const view = views.find(({ packed }) => same(name, packed.name) && same(variant, packed.variant));
  if (!view) return;
  const values = place.split(".").map(Number);
  const fits = values.length === view.axes.length && values.every((v, i) => v < view.axes[i].labels.length);
  if (!fits) return;
  const steps = strides(view.axes);
  view.open(values.reduce((sum, value, i) => sum + value * steps[i], 0), true);
}
