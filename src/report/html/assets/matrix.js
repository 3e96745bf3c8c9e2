// One matrix: its heading, how it is arranged, its legend, its grid, and the cells to look at first.

/** All matrices on the page, in order. */
const views = [];

/** A matrix as a section of the page. `element` is what to show; `open(index)` opens a cell. */
class MatrixSection {
  constructor(packed, number) {
    this.packed = packed;
    this.number = number;
    this.axes = packed.axes;
    this.label = packed.variant ? `${packed.name} › ${packed.variant}` : packed.name;
    const { varying, constant } = splitFacts(packed.cells);
    this.varying = varying;
    this.constant = constant;
    this.short = shortNames(varying);
    this.colored = new Set(varying);
    this.pinned = new Set();
    this.current = 0;
    this.deviating = this.places((cell) => cell[3] === null && factsAt(cell[0]).some(deviates));
    this.failing = this.places((cell) => cell[3] !== null);
    this.standard = defaultArrangement(this.axes, innerWidth <= 640);
    this.arrangement = structuredClone(this.standard);

    this.controls = el("div", { class: "controls" });
    this.arrange = el("details", { class: "arrange", open: innerWidth > 640 },
      el("summary", null, "Arrange, filter, colour"), this.controls);
    this.legend = el("ul", { class: "legend", "aria-label": "Outcomes: choose one to single it out" });
    this.readout = el("p", { class: "readout", "aria-hidden": "true" });
    this.scroller = el("div", { class: "scroller" });
    this.element = el(
      "section",
      { class: "matrix", id: `matrix-${number}` },
      el("h2", null, el("span", null, packed.title || this.label), this.size(),
        el("span", { class: `verdict ${verdictClass(packed.verdict)}` }, packed.verdict), el("code", null, this.label)),
      this.arrange,
      this.legend,
      this.alerts(),
      this.readout,
      this.scroller,
      this.footnote(),
    );
    this.listen();
  }

  places(test) {
    return this.packed.cells.flatMap((cell, i) => (test(cell) ? [i] : []));
  }

  size() {
    const sizes = this.axes.map((axis) => axis.labels.length).join(" × ");
    return el("span", { class: "size" }, `${sizes} = ${plural(this.packed.cells.length, "cell")}`);
  }

  /** Draws everything that depends on the arrangement or on the facts that give the colours. */
  draw() {
    const names = this.varying.filter((name) => this.colored.has(name));
    this.names = names;
    this.outcomes = outcomesOf(this.packed.cells, names);
    this.kept = independent(this.outcomes.list, names);
    this.deviant = new Set(this.deviating);
    this.pinned.clear();
    this.drawControls();
    this.drawLegend();
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

  /** The table cell for the flat place `index`. */
  cell(index) {
    const outcome = this.outcomes.of[index];
    const off = this.deviant.has(index);
    const words = this.words(outcome) + (off ? ", differs from the prediction" : "");
    const td = el("td", { role: "gridcell", tabindex: -1, "aria-label": words }, outcome.sign);
    td.dataset.cell = index;
    paint(td, outcome);
    if (off) td.classList.add("off");
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

  // --- the controls ---

  drawControls() {
    const side = (list, name, other) => el(
      "div", { class: "side", role: "group", "aria-label": name }, el("b", null, name),
      list.map((axis, i) => this.axisControl(axis, i, list, other)),
      list.length === 0 ? el("i", { class: "quiet" }, "nothing") : null,
    );
    const facts = this.varying.length > 1
      ? el("div", { class: "side", role: "group", "aria-label": "Colour by" }, el("b", null, "Colour"),
          this.varying.map((name) => this.factControl(name)))
      : null;
    const changed = JSON.stringify(this.arrangement) !== JSON.stringify(this.standard)
      || this.colored.size !== this.varying.length;
    const { rows, cols } = this.arrangement;
    this.controls.replaceChildren(
      side(rows, "Rows", cols), side(cols, "Columns", rows), ...(facts ? [facts] : []),
      ...(changed ? [el("button", { type: "button", class: "small", onclick: () => this.reset() }, "Reset")] : []),
    );
  }

  axisControl(axis, place, list, other) {
    const { name, labels } = this.axes[axis];
    const option = (value, text) => {
      const made = el("option", { value }, text);
      made.selected = String(this.arrangement.only[axis] ?? "") === String(value);
      return made;
    };
    const select = el("select", { "aria-label": `Show of ${name}` }, option("", "all"),
      labels.map((label, i) => option(i, labelText(label))));
    const id = `${this.number}-${axis}`;
    select.dataset.keep = `only-${id}`;
    select.addEventListener("change", () => {
      this.arrangement.only[axis] = select.value === "" ? null : Number(select.value);
      this.redraw();
    });
    const across = list === this.arrangement.rows;
    const button = (keep, sign, text, act) => {
      const made = el("button", { type: "button", title: text, "aria-label": `${name}: ${text}`, onclick: () => { act(); this.redraw(); } }, sign);
      made.dataset.keep = `${keep}-${id}`;
      return made;
    };
    return el(
      "span", { class: this.arrangement.only[axis] === null ? "axis" : "axis held" },
      place > 0 ? button("out", "◂", "move outward", () => {
        list.splice(place - 1, 2, list[place], list[place - 1]);
      }) : null,
      el("span", null, name), select,
      button("turn", across ? "↷" : "↶", across ? "move to columns" : "move to rows", () => {
        list.splice(place, 1);
        other.push(axis);
      }),
    );
  }

  factControl(name) {
    const box = el("input", { type: "checkbox" });
    box.checked = this.colored.has(name);
    box.dataset.keep = `fact-${this.number}-${name}`;
    box.addEventListener("change", () => {
      if (box.checked) this.colored.add(name);
      else this.colored.delete(name);
      this.redraw();
    });
    return el("label", { class: "axis" }, box, name);
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
    const total = this.packed.cells.length;
    this.legend.replaceChildren(...this.outcomes.list.map((outcome) => {
      const parts = outcomeParts(outcome, this.names, this.short, this.kept);
      const swatch = el("span", { class: "swatch", "aria-hidden": "true" }, outcome.sign);
      paint(swatch, outcome);
      const button = el(
        "button", { type: "button", "aria-pressed": "false", title: this.inFull(outcome) }, swatch,
        el("span", { class: "what" }, parts.flatMap(([name, value], i) => [
          i > 0 ? el("span", { class: "dot", "aria-hidden": "true" }, " · ") : null,
          name ? el("span", { class: "quiet" }, `${name} `) : null,
          i === 0 ? el("b", null, value) : value,
        ])),
        el("span", { class: "count" }, String(outcome.count)),
      );
      const share = el("span", { class: "share", "aria-hidden": "true" });
      share.style.setProperty("width", `${(outcome.count / total) * 100}%`);
      paint(share, outcome);
      const hint = (on) => this.single(on ? new Set([outcome]) : this.pinned);
      button.addEventListener("mouseenter", () => hint(true));
      button.addEventListener("mouseleave", () => hint(false));
      button.addEventListener("focus", () => hint(true));
      button.addEventListener("blur", () => hint(false));
      button.addEventListener("click", () => {
        if (!this.pinned.delete(outcome)) this.pinned.add(outcome);
        button.setAttribute("aria-pressed", String(this.pinned.has(outcome)));
        this.single(this.pinned);
      });
      return el("li", null, button, share);
    }));
  }

  /** Dims all cells but those with one of `outcomes`; with none, dims nothing. */
  single(outcomes) {
    for (const [index, td] of this.grid.cells) {
      td.classList.toggle("dim", outcomes.size > 0 && !outcomes.has(this.outcomes.of[index]));
    }
  }

  // --- cells to look at first ---

  alerts() {
    const row = (places, sign, kind, text) => places.length === 0 ? null : el(
      "div", { class: `alert ${kind}` }, el("span", { class: "sign", "aria-hidden": "true" }, sign),
      el("span", null, text),
      el("span", { class: "jump" },
        el("button", { type: "button", class: "small", onclick: () => this.jump(places, -1) }, "‹ previous"),
        el("button", { type: "button", class: "small next", onclick: () => this.jump(places, 1) }, "next ›")),
    );
    const cells = (places) => plural(places.length, "cell");
    const all = [
      row(this.deviating, "≠", "deviations", `${cells(this.deviating)} where the browser does not do what the standard predicts`),
      row(this.failing, "!", "errors", `${cells(this.failing)} that could not be tested`),
    ].filter(Boolean);
    return all.length === 0 ? el("p", { class: "fine" }, this.allPredicted()) : el("div", { class: "alerts" }, all);
  }

  allPredicted() {
    const predicted = this.packed.cells.some((cell) => factsAt(cell[0]).some((fact) => fact.predicted !== null));
    return predicted ? "✓ In every cell the browser does what the standard predicts." : "";
  }

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
      this.deviant.has(index) ? el("b", { class: "ne" }, "≠ predicted") : "",
      ...this.axes.map((axis, i) => el("span", null, el("span", { class: "quiet" }, `${axis.name} `), labelText(axis.labels[place[i]]))),
    );
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
