// The controls of a heat map: which axes go where, what they are held at, which facts give the colours.

/** The controls of `view` as they now are. */
function arrangeControls(view) {
  const { rows, cols } = view.arrangement;
  const side = (list, name, other) => el(
    "div", { class: "side", role: "group", "aria-label": name }, el("b", null, name),
    list.map((axis, i) => axisControl(view, axis, i, list, other)),
    list.length === 0 ? el("i", { class: "quiet" }, "nothing") : null,
  );
  const facts = view.varying.length > 1 && !view.isApart()
    ? el("div", { class: "side", role: "group", "aria-label": "Colour by" }, el("b", null, "Colour"),
        view.varying.map((name) => factControl(view, name)))
    : null;
  const changed = JSON.stringify(view.arrangement) !== JSON.stringify(view.standard)
    || view.colored.size !== view.varying.length;
  return [
    side(rows, "Rows", cols), side(cols, "Columns", rows), facts,
    changed ? el("button", { type: "button", class: "small", onclick: () => view.reset() }, "Reset") : null,
  ].filter(Boolean);
}

function axisControl(view, axis, place, list, other) {
  const { name, labels } = view.axes[axis];
  const option = (value, text) => {
    const made = el("option", { value }, text);
    made.selected = String(view.arrangement.only[axis] ?? "") === String(value);
    return made;
  };
  const select = el("select", { "aria-label": `Show of ${name}` }, option("", "all"),
    labels.map((label, i) => option(i, labelText(label))));
  const id = `${view.number}-${axis}`;
  select.dataset.keep = `only-${id}`;
  select.addEventListener("change", () => {
    view.arrangement.only[axis] = select.value === "" ? null : Number(select.value);
    view.redraw();
  });
  const across = list === view.arrangement.rows;
  const button = (keep, sign, text, act) => {
    const made = el("button", { type: "button", title: text, "aria-label": `${name}: ${text}`, onclick: () => { act(); view.redraw(); } }, sign);
    made.dataset.keep = `${keep}-${id}`;
    return made;
  };
  return el(
    "span", { class: view.arrangement.only[axis] === null ? "axis" : "axis held" },
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

function factControl(view, name) {
  const box = el("input", { type: "checkbox" });
  box.checked = view.colored.has(name);
  box.dataset.keep = `fact-${view.number}-${name}`;
  box.addEventListener("change", () => {
    if (box.checked) view.colored.add(name);
    else view.colored.delete(name);
    view.redraw();
  });
  return el("label", { class: "axis" }, box, name);
}

/**
 * The switch between the heat maps of a matrix: one for each browser, and one of where they differ. Null
 * where there is but one. Arrow keys move; there is one tab stop.
 */
function mapSwitch(view) {
  if (view.maps.length < 2) return null;
  const tabs = view.maps.map((map) => {
    const column = map.number === null ? null : view.columns[map.number];
    const button = el(
      "button", { type: "button", role: "tab", id: `map-${view.number}-${map.key}`, "aria-controls": `grid-${view.number}` },
      column ? verdictMark(column.verdict) : el("span", { class: "mark apart", "aria-hidden": "true" }, "≠"),
      el("span", null, column ? nameOf(map.number) : "Differences"),
      column ? el("span", { class: "version" }, browsers[map.number].version) : el("b", null, String(view.anyApart.size)),
    );
    button.addEventListener("click", () => view.choose(map));
    return button;
  });
  const bar = el("div", { class: "tabs", role: "tablist", "aria-label": `${view.label}: heat map of` }, tabs);
  bar.addEventListener("keydown", (event) => {
    const at = tabs.indexOf(document.activeElement);
    const to = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: tabs.length - 1 }[event.key];
    if (at < 0 || to === undefined) return;
    event.preventDefault();
    const next = tabs[(to + tabs.length) % tabs.length];
    next.click();
    next.focus();
  });
  const update = () => tabs.forEach((tab, at) => {
    const chosen = view.maps[at] === view.map;
    tab.setAttribute("aria-selected", String(chosen));
    tab.tabIndex = chosen ? 0 : -1;
  });
  return { bar, update };
}
