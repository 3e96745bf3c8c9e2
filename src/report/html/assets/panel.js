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
    rememberMap(view);
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
    const own = view.outcomes.of[cell];
    const place = placeOf(view.axes, cell);
    const cells = view.cells.map((cells) => cells?.[cell] ?? null);
    const section = (title, ...content) => el("section", null, el("h3", null, title), ...content);
    const lists = cells.map((cell) => (isTested(cell) ? factsAt(cell.facts) : null));
    const facts = lists.some(Boolean) ? factsTable(lists) : null;
    const why = this.why(cells);
    const answers = responsesOf(cells);
    return [
      el("header", null,
        el("h2", { tabindex: -1 }, this.swatch(own), el("span", null, view.words(own))),
        el("button", { type: "button", class: "close", "aria-label": "Close (Escape)", title: "Close (Esc)", onclick: () => this.close() }, "✕")),
      many ? this.outcomes() : null,
      el("dl", { class: "place" }, view.axes.map((axis, i) => el("div", null,
        el("dt", null, axis.name), el("dd", null, labelText(axis.labels[place[i]]))))),
      this.notices(cells),
      facts ? section("Facts", facts) : null,
      why.length > 0 ? section("Why", why) : null,
      answers.length > 0 ? section("Responses", answers) : null,
      section("This cell alone", [
        commandLine(commandFor(view, place, "explain")),
        commandLine(commandFor(view, place, "run")),
      ]),
      el("p", { class: "quiet" }, `${listed(browsers.map(fullName))} on ${data.os}. Cell ${cell + 1} of ${view.count} of ${view.label}.`),
    ].flat().filter(Boolean);
  },

  swatch(outcome) {
    const swatch = el("span", { class: "swatch", "aria-hidden": "true" }, outcome.sign);
    paint(swatch, outcome);
    return swatch;
  },

  /** In several browsers: what the cell came to in each, those alike in one line. */
  outcomes() {
    const { view, cell } = this;
    const found = view.shared.map((of) => (of === null ? null : of[cell]));
    const groups = grouped(found, (outcome) => outcome, (outcome) => outcome.key);
    return el("ul", { class: "in-each" }, groups.map(({ value, numbers }) => el("li", null,
      this.swatch(value), el("b", null, listed(numbers.map(nameOf))), " ", view.words(value))));
  },

  notices(cells) {
    const { view, cell } = this;
    const apart = view.apart[cell];
    const why = cellReasons(apart, cells, view.reasons);
    const unknown = why.some((found) => found !== null && !found.known);
    const off = (cell) => (cell.error === null ? factsAt(cell.facts).filter(deviates) : []);
    const told = (list) => list.map((fact) => `${fact.name} is ${fact.observed}; the model predicts ${fact.predicted}.`).join(" ");
    return [
      grouped(cells, (cell) => cell.error).map(({ value, numbers }) =>
        notice("error", "Could not be tested.", whose(numbers), " ", value)),
      grouped(cells, (cell) => cell.broken).map(({ value, numbers }) =>
        notice("deviation", "✗ Not as expected.", whose(numbers), " ", prose(value))),
      grouped(cells, off).map(({ value, numbers }) =>
        notice("deviation", "≠ The browser differs from the prediction.", whose(numbers), " ", told(value))),
      why.some(Boolean)
        ? notice(unknown ? "deviation" : "apart", `≠ Not the same as in ${fullName(browsers[apart.base])}.`, whyApart(why)) : null,
      cells.map((cell, number) => (cell === null || cell.lacks.length === 0 ? null
        : notice("lacking", `Not applicable in ${fullName(browsers[number])}.`, `It lacks ${listed(cell.lacks)}.`))),
    ].flat();
  },

  /** The rules behind the prediction; browsers with the same rules together. */
  why(cells) {
    const groups = grouped(cells, (cell) => reasonsAt(cell.reasons));
    const all = groups.length === 1 && isOfAll(groups[0].numbers, cells);
    return groups.map(({ value, numbers }) => [all ? null : whose(numbers), rulesList(value)]);
  },
};

/** The command that runs one cell in the browsers of this run. The selector is a regular expression, and the shell gets it quoted. */
function commandFor(view, place, command) {
  const values = view.axes.map((axis, i) => `${axis.name}=${axis.labels[place[i]]}`);
  const name = `${view.label}[${values.join(",")}]`;
  const pattern = name.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&").replace(/'/g, ".");
  const what = command === "explain" ? view.packed.what : view.packed.run;
  const where = command === "run" ? ` --browser ${browsers.map(({ name }) => name).join(",")}` : "";
  return `coopwright ${command} ${what} --grep '^${pattern}$'${where}`;
}
