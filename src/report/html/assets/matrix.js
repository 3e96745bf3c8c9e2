// One matrix: its heading, its heat maps (one for each browser and one of where they differ), and the moves
// of pointer and keys.

/** All matrices on the page, in order. */
const views = [];

/** A matrix as a section of the page. `element` is what to show; `open(index)` opens a cell. */
class MatrixSection {
  constructor(packed, number) {
    this.packed = packed;
    this.number = number;
    this.axes = packed.axes;
    this.label = packed.variant ? `${packed.name} › ${packed.variant}` : packed.name;
    this.columns = columnsOf(packed);
    /** For each browser its cells; of one that has none, null. */
    this.cells = this.columns.map((column) => column && column.cells.map(cellAt));
    this.all = this.cells.flatMap((cells) => cells ?? []);
    this.count = this.axes.reduce((product, axis) => product * axis.labels.length, 1);
    const { varying, constant } = splitFacts(this.all);
    this.varying = varying;
    this.constant = constant;
    this.short = shortNames(varying);
    this.colored = new Set(varying);
    this.pinned = new Set();
    this.current = 0;
    this.find();
    this.standard = defaultArrangement(this.axes, innerWidth <= 640);
    this.arrangement = structuredClone(this.standard);
    this.build();
    this.listen();
  }

  /** Looks for the cells that are worth a look, and says which heat maps there are. */
  find() {
    const places = (cells, test) => (cells ?? []).flatMap((cell, i) => (test(cell) ? [i] : []));
    this.found = this.cells.map((cells) => ({
      deviating: places(cells, (cell) => cell.error === null && factsAt(cell.facts).some(deviates)),
      failing: places(cells, (cell) => cell.error !== null),
      broken: places(cells, (cell) => cell.broken !== null),
    }));
    this.reasons = this.columns.map((column) => column?.reasons ?? []);
    this.apart = apartIn(this.cells, this.reasons);
    this.counts = apartCounts(this.apart);
    this.anyApart = new Set(this.counts.flatMap(({ places }) => places));
    this.maps = this.columns.flatMap((column, at) => (column ? [{ key: browsers[at].name, number: at }] : []));
    if (this.anyApart.size > 0) this.maps.push({ key: "differences", number: null });
    this.map = this.maps[0];
  }

  build() {
    this.controls = el("div", { class: "controls" });
    this.arrange = el("details", { class: "arrange", open: innerWidth > 640 },
      el("summary", null, "Arrange, filter, colour"), this.controls);
    this.legend = el("ul", { class: "legend", "aria-label": "Outcomes: choose one to single it out" });
    this.notes = el("div", { class: "notes-of-map" });
    this.readout = el("p", { class: "readout", "aria-hidden": "true" });
    this.scroller = el("div", { class: "scroller", id: `grid-${this.number}` });
    this.switch = mapSwitch(this);
    const verdict = many ? null : this.columns.find(Boolean).verdict;
    this.element = el(
      "section",
      { class: "matrix", id: `matrix-${this.number}` },
      el("h2", null, el("span", null, this.packed.title || this.label), this.size(),
        verdict ? el("span", { class: `verdict ${verdictClass(verdict)}` }, verdict) : null, el("code", null, this.label)),
      this.switch ? this.switch.bar : null,
      this.arrange,
      this.legend,
      this.notes,
      this.readout,
      this.scroller,
      this.footnote(),
    );
  }

  /** Whether the heat map is the one of where browsers differ. */
  isApart() {
    return this.map.number === null;
  }

  size() {
    const sizes = this.axes.map((axis) => axis.labels.length).join(" × ");
    return el("span", { class: "size" }, `${sizes} = ${plural(this.count, "cell")}`);
  }

  /** Shows another of the heat maps; the open cell stays open. */
  choose(map) {
    if (map === this.map) return;
    this.map = map;
    this.draw();
    if (panel.view === this) panel.show(this, panel.cell);
    else if (panel.view === null) rememberMap(this);
  }

  /** Draws everything that depends on the heat map, its arrangement, or the facts that give the colours. */
  draw() {
    this.paintAll();
    this.pinned.clear();
    this.switch?.update();
    this.controls.replaceChildren(...arrangeControls(this));
    this.drawLegend();
    this.notes.replaceChildren(...matrixNotes(this));
    // Measured as if no panel were open: opening one must not move the cells.
    const root = document.documentElement;
    const room = root.clientWidth - 2 * parseFloat(getComputedStyle(main).paddingLeft);
    this.grid = buildGrid(this, room);
    this.scroller.replaceChildren(this.grid.table);
    this.scroller.style.setProperty("scroll-padding-left", `${this.grid.width + 8}px`);
    if (!this.grid.cells.has(this.current)) this.current = this.grid.at[0][0];
    this.grid.cells.get(this.current).tabIndex = 0;
    this.mark();
    this.tell(null);
  }

  /** The outcome of every cell. All browsers share theirs, so that a colour means the same in each. */
  paintAll() {
    this.names = this.varying.filter((name) => this.colored.has(name));
    const shared = outcomesOf(this.all, this.names);
    this.kept = independent(shared.list, this.names);
    let start = 0;
    this.shared = this.cells.map((cells) => {
      if (cells === null) return null;
      start += cells.length;
      return shared.of.slice(start - cells.length, start);
    });
    if (this.isApart()) this.outcomes = differenceOutcomes(this.apart);
    else this.outcomes = { list: shared.list, of: this.shared[this.map.number] };
    this.tally = new Map();
    for (const outcome of this.outcomes.of) this.tally.set(outcome, (this.tally.get(outcome) ?? 0) + 1);
    const { number } = this.map;
    const { deviating, broken } = number === null
      ? { deviating: this.counts.flatMap(({ unknown }) => unknown), broken: [] } : this.found[number];
    this.deviant = new Set([...deviating, ...broken]);
  }

  /** The table cell for the flat place `index`. */
  cell(index) {
    const outcome = this.outcomes.of[index];
    const off = this.deviant.has(index);
    const own = this.isApart() ? null : this.cells[this.map.number][index];
    const words = [
      this.words(outcome),
      off ? (this.isApart() ? "unexplained" : "not as predicted or expected") : null,
      own && own.lacks.length > 0 ? `not applicable: lacks ${own.lacks.join(", ")}` : null,
      own && this.anyApart.has(index) ? "not the same in all browsers" : null,
    ].filter(Boolean).join(", ");
    const td = el("td", { role: "gridcell", tabindex: -1, "aria-label": words }, outcome.sign);
    td.dataset.cell = index;
    paint(td, outcome);
    td.classList.toggle("off", off);
    td.classList.toggle("lacking", own !== null && own.lacks.length > 0);
    td.classList.toggle("marked", own !== null && this.anyApart.has(index));
    return td;
  }

  words(outcome) {
    const parts = outcomeParts(outcome, this.names, this.short, this.kept);
    return parts.map((part) => part.filter(Boolean).join(" ")).join(" · ");
  }

  /** Every fact of an outcome, also those that its short text leaves out. */
  inFull(outcome) {
    return outcome.values.map((value, i) => `${this.names[i]} ${value ?? "not observed"}`).join("\n");
  }

  reset() {
    this.arrangement = structuredClone(this.standard);
    this.colored = new Set(this.varying);
    this.redraw();
  }

  /** After the window has changed: on a wide one the controls are always in sight. */
  fit() {
    if (innerWidth > 640) this.arrange.open = true;
    this.redraw();
  }

  /** Draws anew and gives the focus back to the control that had it. */
  redraw() {
    const keep = document.activeElement?.dataset?.keep;
    this.draw();
    const again = keep && [...this.controls.querySelectorAll("[data-keep]")].find((e) => e.dataset.keep === keep);
    if (again) again.focus();
  }

  // --- the legend ---

  drawLegend() {
    const outcomes = this.outcomes.list.filter((outcome) => this.tally.has(outcome)).map((outcome) => ({
      key: outcome,
      parts: outcomeParts(outcome, this.names, this.short, this.kept),
      count: this.tally.get(outcome),
      title: this.inFull(outcome),
      look: (element) => paint(element, outcome),
      sign: outcome.sign,
    }));
    const extras = legendExtras(this).map((extra) => ({
      ...extra, key: extra, count: extra.places.size, title: null, look: (element) => element.classList.add("outcome", extra.kind),
    }));
    this.legend.replaceChildren(...[...outcomes, ...extras].map((entry) => this.legendEntry(entry)));
  }

  legendEntry({ key, parts, count, title, look, sign }) {
    const swatch = el("span", { class: "swatch", "aria-hidden": "true" }, sign);
    look(swatch);
    const button = el(
      "button", { type: "button", "aria-pressed": "false", title: title || null }, swatch,
      el("span", { class: "what" }, parts.flatMap(([name, value], i) => [
        i > 0 ? el("span", { class: "dot", "aria-hidden": "true" }, " · ") : null,
        name ? el("span", { class: "quiet" }, `${name} `) : null,
        i === 0 ? el("b", null, value) : value,
      ])),
      el("span", { class: "count" }, String(count)),
    );
    const share = el("span", { class: "share", "aria-hidden": "true" });
    share.style.setProperty("width", `${(count / this.count) * 100}%`);
    look(share);
    const hint = (on) => this.single(on ? new Set([key]) : this.pinned);
    button.addEventListener("mouseenter", () => hint(true));
    button.addEventListener("mouseleave", () => hint(false));
    button.addEventListener("focus", () => hint(true));
    button.addEventListener("blur", () => hint(false));
    button.addEventListener("click", () => {
      if (!this.pinned.delete(key)) this.pinned.add(key);
      button.setAttribute("aria-pressed", String(this.pinned.has(key)));
      this.single(this.pinned);
    });
    return el("li", null, button, share);
  }

  /** Dims all cells but those of one of `entries` of the legend; with none, dims nothing. */
  single(entries) {
    const places = [...entries].map((entry) => entry.places).filter(Boolean);
    for (const [index, td] of this.grid.cells) {
      const bright = entries.has(this.outcomes.of[index]) || places.some((set) => set.has(index));
      td.classList.toggle("dim", entries.size > 0 && !bright);
    }
  }

  // --- moves ---

  /** Opens the next (or previous) of `places`, in the order in which they stand on the screen. */
  jump(places, step) {
    const order = this.grid.at.flat().filter((index) => places.includes(index));
    if (order.length === 0) {
      // All of them are filtered away.
      this.reset();
      return this.jump(places, step);
    }
    const flat = this.grid.at.flat();
    const here = flat.indexOf(this.current);
    const from = (index) => flat.indexOf(index);
    const found = step > 0
      ? order.find((index) => from(index) > here || (from(index) === here && panel.cell !== index)) ?? order[0]
      : order.findLast((index) => from(index) < here) ?? order.at(-1);
    return this.open(found, true);
  }

  footnote() {
    const notes = [];
    if (this.constant.length > 0) {
      const facts = this.constant.map(({ name, value }) => `${name} ${value ?? "not observed"}`);
      notes.push(`The same in every cell: ${facts.join(", ")}.`);
    }
    return notes.length > 0 ? el("p", { class: "quiet foot" }, notes.join(" ")) : null;
  }

  // --- focus, pointer and keys ---

  listen() {
    const place = (event) => {
      const td = event.target.closest?.("td[data-cell]");
      return td ? Number(td.dataset.cell) : null;
    };
    this.scroller.addEventListener("mouseover", (event) => this.tell(place(event)));
    this.scroller.addEventListener("mouseleave", () => this.tell(null));
    this.scroller.addEventListener("focusin", (event) => this.tell(place(event)));
    this.scroller.addEventListener("focusout", () => this.tell(null));
    this.scroller.addEventListener("click", (event) => {
      const index = place(event);
      if (index !== null) this.open(index, true);
    });
    this.scroller.addEventListener("keydown", (event) => {
      const index = place(event);
      if (index === null || event.altKey || event.metaKey) return;
      if (event.key === "Enter" || event.key === " ") {
        event.preventDefault();
        if (panel.shows(this, index)) panel.focus();
        else this.open(index, true);
        return;
      }
      const to = moved(event.key, event.ctrlKey, this.grid.position.get(index), this.grid.at);
      if (to === null) return;
      event.preventDefault();
      const next = this.grid.at[to[0]][to[1]];
      if (panel.view === this) this.open(next, true);
      else this.focus(next);
    });
  }

  /** Makes the cell the one that Tab reaches, and focuses it. */
  focus(index) {
    this.grid.cells.get(this.current)?.setAttribute("tabindex", "-1");
    this.current = index;
    const td = this.grid.cells.get(index);
    td.tabIndex = 0;
    td.focus({ preventScroll: true });
    reveal(td, this.scroller, this.grid);
  }

  /** Opens the cell in the panel, remembers it in the address, and focuses it if `focus`. */
  open(index, focus) {
    if (!this.grid.cells.has(index)) this.reset();
    const before = this.scroller.getBoundingClientRect().top;
    panel.show(this, index);
    // The panel takes room at the side; what is beneath the pointer stays beneath it.
    scrollBy(0, this.scroller.getBoundingClientRect().top - before);
    if (focus) this.focus(index);
    this.mark();
  }

  mark() {
    this.grid.table.querySelector(".open")?.classList.remove("open");
    if (panel.view === this) this.grid.cells.get(panel.cell)?.classList.add("open");
  }

  /** Says of the cell under the pointer or focus what it is, and lights up its headers. */
  tell(index) {
    for (const th of this.lit ?? []) th.classList.remove("lit");
    this.lit = index === null ? [] : this.grid.headers(index);
    for (const th of this.lit) th.classList.add("lit");
    if (index === null) {
      this.readout.replaceChildren(el("span", { class: "quiet" },
        "Point at a cell to read it; click it, or press Enter, to see why. Arrow keys move."));
      return;
    }
    const place = placeOf(this.axes, index);
    const outcome = this.outcomes.of[index];
    const swatch = el("span", { class: "swatch" }, outcome.sign);
    paint(swatch, outcome);
    this.readout.replaceChildren(
      swatch, el("b", null, this.words(outcome)),
      this.deviant.has(index) ? el("b", { class: "ne" }, this.isApart() ? "unexplained" : "≠ predicted or expected") : "",
      this.lacksText(index),
      ...this.axes.map((axis, i) => el("span", null, el("span", { class: "quiet" }, `${axis.name} `), labelText(axis.labels[place[i]]))),
    );
  }

  /** What the browser lacks of what a cell is about. */
  lacksText(index) {
    const lacks = this.isApart() ? [] : this.cells[this.map.number][index].lacks;
    return lacks.length > 0 ? el("span", { class: "quiet" }, `not applicable: lacks ${lacks.join(", ")}`) : "";
  }
}

/** Scrolls so that `td` is not under the sticky headers, the panel or the window's edge. */
function reveal(td, scroller, grid) {
  const box = td.getBoundingClientRect();
  const frame = scroller.getBoundingClientRect();
  const left = frame.left + grid.width + 8;
  if (box.left < left) scroller.scrollLeft -= left - box.left;
  else if (box.right > frame.right - 8) scroller.scrollLeft += box.right - frame.right + 24;
  const head = grid.table.tHead.getBoundingClientRect().bottom;
  if (box.top < head) scroller.scrollTop -= head - box.top + 4;
  else if (box.bottom > frame.bottom - 4) scroller.scrollTop += box.bottom - frame.bottom + 8;
  const now = td.getBoundingClientRect();
  const bottom = panel.sheetTop();
  if (now.top < 4) scrollBy(0, now.top - 80);
  else if (now.bottom > bottom - 8) scrollBy(0, now.bottom - bottom + 40);
}
