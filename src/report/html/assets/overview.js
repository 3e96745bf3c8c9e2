// Scenarios by browsers: for each variant a sign that leads to it, and before that what is to be looked at first.

const fragmentOf = (unit) => `#unit=${encodeURIComponent(unit.scenario)}/${encodeURIComponent(unit.variant)}`;

/** Which verdict is to be looked at before which. */
const URGENCY = ["failed", "error", "flaky"];

/** Units that did not pass in some browser, the worst first, each with a link. */
function firstLook() {
  const found = data.units.flatMap((unit) => {
    const columns = columnsOf(unit);
    const verdict = worst(columns);
    const numbers = columns.flatMap((column, number) => (column?.verdict === verdict ? [number] : []));
    return URGENCY.includes(verdict) ? [{ unit, verdict, numbers }] : [];
  });
  found.sort((a, b) => URGENCY.indexOf(a.verdict) - URGENCY.indexOf(b.verdict));
  if (found.length === 0) return null;
  return el("ul", { class: "first-look", "aria-label": "To look at first" }, found.slice(0, 12).map(({ unit, verdict, numbers }) =>
    el("li", null, verdictMark(verdict), el("a", { href: fragmentOf(unit) }, `${unit.scenario} / ${unit.variant}`),
      many ? el("span", { class: "quiet" }, `in ${listed(numbers.map(nameOf))}`) : null)),
    found.length > 12 ? el("li", { class: "quiet" }, `and ${plural(found.length - 12, "more unit")}`) : null);
}

/** One row for each scenario, one column for each browser; null where there is nothing to choose from. */
function scenarioGrid() {
  if (data.units.length < 2) return null;
  const groups = new Map();
  for (const unit of data.units) {
    if (!groups.has(unit.scenario)) groups.set(unit.scenario, []);
    groups.get(unit.scenario).push(unit);
  }
  const sign = (unit, column, number) => {
    if (column === null) return el("span", { class: "quiet" }, "·");
    const words = `${unit.variant}, ${nameOf(number)}: ${column.verdict}`;
    return el("a", { href: fragmentOf(unit), class: `mark ${verdictClass(column.verdict)}`, title: words, "aria-label": words },
      MARKS[column.verdict] ?? "!");
  };
  const rows = [...groups].map(([name, units]) => {
    const columns = units.map(columnsOf);
    const bad = columns.some((own) => URGENCY.includes(worst(own)));
    const first = units.find((unit) => URGENCY.includes(worst(columnsOf(unit)))) ?? units[0];
    return el("tr", { class: bad ? "bad" : null },
      el("th", { scope: "row" }, el("a", { href: fragmentOf(first), title: name }, units[0].scenario_title || name)),
      browsers.map((_, number) => el("td", null, units.map((unit, at) => sign(unit, columns[at][number], number)))));
  });
  const heads = ["scenario", ...browsers.map((browser) => browser.title)];
  return el("nav", { class: "grid-overview", "aria-label": "Scenarios by browsers" }, firstLook(),
    el("table", null, el("thead", null, el("tr", null, heads.map((head) => el("th", { scope: "col" }, head)))),
      el("tbody", null, rows)));
}
