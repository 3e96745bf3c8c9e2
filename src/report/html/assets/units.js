// Units that are not cells: a list by scenario, those that did not pass first in view.

const MARKS = { passed: "✓", failed: "✗", "not applicable": "–", error: "!" };
const verdictClass = (verdict) => verdict.replace(" ", "-");

function unitsSection() {
  if (data.units.length === 0) return null;
  const rows = data.units.map((unit) => ({ unit, element: unitRow(unit) }));
  const groups = [];
  for (const row of rows) {
    let group = groups.at(-1);
    if (group?.name !== row.unit.scenario) {
      group = { name: row.unit.scenario, title: row.unit.scenario_title, rows: [] };
      groups.push(group);
    }
    group.rows.push(row);
  }
  for (const group of groups) {
    group.element = el("section", { class: "scenario" },
      el("h3", null, el("span", null, group.title || group.name), group.title ? el("code", null, group.name) : null),
      group.rows.map((row) => row.element));
  }
  const { bar, matches, none } = unitFilter(rows, () => {
    for (const group of groups) {
      for (const row of group.rows) row.element.hidden = !matches(row.unit);
      group.element.hidden = group.rows.every((row) => row.element.hidden);
    }
    none.hidden = groups.some((group) => !group.element.hidden);
  });
  return el("section", { class: "units", id: "units" }, el("h2", null, el("span", null, "Scenarios"),
    el("span", { class: "size" }, plural(rows.length, "unit"))), bar, none, groups.map((group) => group.element));
}

/** Buttons for the verdicts that occur, and a field to search in. */
function unitFilter(rows, changed) {
  const chosen = new Set();
  const verdicts = Object.keys(MARKS).filter((verdict) => rows.some(({ unit }) => unit.verdict === verdict));
  const buttons = verdicts.length < 2 ? [] : verdicts.map((verdict) => {
    const count = rows.filter(({ unit }) => unit.verdict === verdict).length;
    const button = el("button", { type: "button", "aria-pressed": "false", class: `chip ${verdictClass(verdict)}` },
      `${MARKS[verdict]} ${verdict} `, el("b", null, String(count)));
    button.addEventListener("click", () => {
      if (!chosen.delete(verdict)) chosen.add(verdict);
      button.setAttribute("aria-pressed", String(chosen.has(verdict)));
      changed();
    });
    return button;
  });
  const search = el("input", { type: "search", placeholder: "Search names, titles, facts", "aria-label": "Search the units", oninput: changed });
  const text = (unit) => [unit.scenario, unit.scenario_title, unit.variant, unit.kind, unit.title, unit.cause ?? "",
    ...factsAt(unit.facts).map((fact) => `${fact.name} ${fact.observed}`)].join(" ").toLowerCase();
  const texts = new Map(rows.map(({ unit }) => [unit, text(unit)]));
  const matches = (unit) => (chosen.size === 0 || chosen.has(unit.verdict))
    && search.value.toLowerCase().split(/\s+/).every((word) => texts.get(unit).includes(word));
  const none = el("p", { class: "quiet", hidden: true }, "No unit is like that.");
  return { bar: el("div", { class: "controls" }, buttons, search), matches, none };
}

function unitRow(unit) {
  const bad = unit.verdict === "failed" || unit.verdict === "error";
  const facts = factsAt(unit.facts);
  const responses = responsesAt(unit.responses);
  const part = (title, ...content) => el("section", null, el("h4", null, title), ...content);
  return el("details", { class: `unit ${verdictClass(unit.verdict)}`, open: bad },
    el("summary", null,
      el("span", { class: `verdict ${verdictClass(unit.verdict)}` }, unit.verdict),
      el("span", { class: "name" }, unit.variant),
      el("span", { class: `kind ${unit.kind.replace(" ", "-")}` }, unit.kind),
      el("span", { class: "title" }, unit.title)),
    el("div", { class: "unit-body" },
      el("div", { class: "story" },
        unit.error ? el("p", { class: "notice error" }, el("b", null, "Could not be tested. "), unit.error) : null,
        unit.broken.length > 0 ? part("Expected otherwise", brokenTable(unit)) : null,
        unit.cause ? part("Cause", el("p", null, prose(unit.cause))) : null,
        unit.lint.length > 0 ? part("Sent in vain", el("ul", null, unit.lint.map((text) => el("li", null, prose(text))))) : null,
        unit.fix ? part("Fix", el("p", null, prose(unit.fix))) : null,
        unit.snapshot ? part("Snapshot", el("pre", null, unit.snapshot)) : null,
        facts.length > 0 ? part("Facts", factsTable(facts)) : null,
        el("p", { class: "quiet" }, unit.place)),
      responses.length > 0 ? el("div", { class: "story" }, part("Responses", ...responseCards(responses))) : null));
}

function brokenTable(unit) {
  const rows = unit.broken.map((broken) => el("tr", { class: "off" },
    el("th", { scope: "row" }, broken.fact), el("td", null, broken.expected),
    el("td", null, broken.observed ?? el("i", null, "not observed")),
    el("td", { class: "quiet" }, `line ${broken.line}`)));
  const head = ["fact", "expected", "observed", ""].map((name) => el("th", { scope: "col" }, name));
  return el("table", { class: "facts" }, el("thead", null, el("tr", null, head)), el("tbody", null, rows));
}
