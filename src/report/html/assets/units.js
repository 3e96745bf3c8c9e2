// Units that are not cells: a list by scenario, with a mark for each browser. Those that did not pass in
// some browser are open.

function unitsSection() {
  if (data.units.length === 0) return null;
  const rows = data.units.map((unit) => {
    const columns = columnsOf(unit);
    return { unit, columns, apart: columns.some((column) => column?.differs), element: unitRow(unit, columns) };
  });
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
      for (const row of group.rows) row.element.hidden = !matches(row);
      group.element.hidden = group.rows.every((row) => row.element.hidden);
    }
    none.hidden = groups.some((group) => !group.element.hidden);
  });
  const section = el("section", { class: many ? "units many" : "units", id: "units" },
    el("h2", null, el("span", null, "Scenarios"), el("span", { class: "size" }, plural(rows.length, "unit"))),
    bar, many ? columnHeads() : null, none, groups.map((group) => group.element));
  section.style.setProperty("--browsers", String(browsers.length));
  return section;
}

/** The browsers' names over their columns. They stay in sight; each row's marks say them again. */
function columnHeads() {
  return el("div", { class: "column-heads", "aria-hidden": "true" },
    browsers.map((browser) => el("span", { class: "head", title: fullName(browser) },
      browser.title.split(" ").map((word, i) => [i > 0 ? " " : "", word]))));
}

/** Buttons for the verdicts that occur, one for differences, and a field to search in. */
function unitFilter(rows, changed) {
  const chosen = new Set();
  let onlyApart = false;
  const has = ({ columns }, verdict) => columns.some((column) => column?.verdict === verdict);
  const chip = (kind, text, count, toggle) => {
    const button = el("button", { type: "button", "aria-pressed": "false", class: `chip ${kind}` }, text, " ", el("b", null, String(count)));
    button.addEventListener("click", () => {
      button.setAttribute("aria-pressed", String(toggle()));
      changed();
    });
    return button;
  };
  const verdicts = Object.keys(MARKS).filter((verdict) => rows.some((row) => has(row, verdict)));
  const buttons = verdicts.length < 2 ? [] : verdicts.map((verdict) =>
    chip(verdictClass(verdict), `${MARKS[verdict]} ${verdict}`, rows.filter((row) => has(row, verdict)).length, () => {
      if (!chosen.delete(verdict)) chosen.add(verdict);
      return chosen.has(verdict);
    }));
  const apart = rows.filter((row) => row.apart).length;
  if (apart > 0) buttons.push(chip("differing", "≠ only where browsers differ", apart, () => (onlyApart = !onlyApart)));
  const search = el("input", { type: "search", placeholder: "Search names, titles, facts", "aria-label": "Search the units", oninput: changed });
  const text = ({ unit, columns }) => [unit.scenario, unit.scenario_title, unit.variant, unit.kind, unit.title,
    ...columns.filter(Boolean).flatMap((column) => [textAt(column.cause) ?? "", ...column.reasons, ...textsAt(column.lacks),
      ...factsAt(column.facts).map((fact) => `${fact.name} ${fact.observed}`)])].join(" ").toLowerCase();
  const texts = new Map(rows.map((row) => [row, text(row)]));
  const matches = (row) => (chosen.size === 0 || [...chosen].some((verdict) => has(row, verdict)))
    && (!onlyApart || row.apart)
    && search.value.toLowerCase().split(/\s+/).every((word) => texts.get(row).includes(word));
  const none = el("p", { class: "quiet", hidden: true }, "No unit is like that.");
  return { bar: el("div", { class: "controls" }, buttons, search), matches, none };
}

/** The worst of what a unit came to. */
function worst(columns) {
  const found = columns.filter(Boolean).map(({ verdict }) => verdict);
  return ["failed", "error", "flaky", "passed", "not applicable"].find((verdict) => found.includes(verdict)) ?? "";
}

function unitRow(unit, columns) {
  const verdict = worst(columns);
  const apart = columns.some((column) => column?.differs);
  const marks = many
    ? [columns.map((column, number) => (column ? verdictMark(column.verdict, nameOf(number)) : el("span"))),
       el("span", { class: "ne-mark", title: apart ? "browsers differ" : null }, apart ? "≠" : "",
         apart ? el("span", { class: "unseen-text" }, " browsers differ ") : null)]
    : el("span", { class: `verdict ${verdictClass(verdict)}` }, verdict);
  const changed = [...new Set(columns.flatMap(changedFacts))];
  const row = el("details", { class: `unit ${verdictClass(verdict)}` },
    el("summary", null, marks,
      el("span", { class: "name" }, unit.variant),
      el("span", { class: `kind ${unit.kind.replace(" ", "-")}` }, unit.kind),
      el("span", { class: "title" },
        changed.length > 0 ? [el("span", { class: "unstable" }, `not the same each time: ${changed.join(", ")}`), " "] : null, unit.title)));
  // What nobody opens is not built: a run has hundreds.
  row.fill = () => {
    if (row.children.length === 1) row.append(unitBody(unit, columns));
  };
  row.addEventListener("toggle", () => row.open && row.fill());
  row.querySelector("summary").addEventListener("click", () => remember(row.open ? "" : fragmentOf(unit)));
  if (["failed", "error", "flaky"].includes(verdict)) {
    row.fill();
    row.open = true;
  }
  unitRows.push({ unit, row });
  return row;
}

/** Every unit with its row, for those who look for one. */
const unitRows = [];

/** Opens a unit and goes there. */
function openUnit({ row }) {
  for (const other of unitRows) other.row.classList.toggle("named", other.row === row);
  for (const hidden of [row, row.parentElement]) hidden.hidden = false;
  row.fill();
  row.open = true;
  row.scrollIntoView();
  row.querySelector("summary").focus({ preventScroll: true });
}

function unitBody(unit, columns) {
  const lists = columns.map((column) => (column === null || column.error !== null ? null : factsAt(column.facts)));
  const facts = lists.some(Boolean) ? factsTable(lists) : null;
  const responses = responsesOf(columns);
  const flows = flowsOf(columns);
  const pictures = picturesPart(columns);
  const told = (pick, title, show) => {
    const groups = grouped(columns, pick);
    if (groups.length === 0) return null;
    return part(title, groups.map(({ value, numbers }) =>
      [isOfAll(numbers, columns) ? null : whose(numbers), show(value)]));
  };
  return el("div", { class: "unit-body" },
    el("div", { class: "story" },
      unitNotices(columns),
      told((column) => column.attempts ?? null, "Attempts", attemptsPart),
      told((column) => column.broken, "Expected otherwise", brokenTable),
      told((column) => textAt(column.cause), "Cause", (text) => el("p", null, prose(text))),
      told((column) => textsAt(column.lint), "Sent in vain", (list) => el("ul", null, list.map((text) => el("li", null, prose(text))))),
      unit.fix ? part("Fix", el("p", null, prose(unit.fix))) : null,
      unit.config.length > 0 ? part("Configuration", configPart(unit.config)) : null,
      told((column) => column.snapshot, "Snapshot", snapshotPart),
      facts ? part("Facts", facts) : null,
      told((column) => (column.console === undefined ? null : textsAt(column.console)), "Console", consolePart),
      el("p", { class: "quiet place-line" }, unit.place, took(columns))),
    el("div", { class: "story" },
      flows.length > 0 ? part("What happened", flows) : null,
      pictures ? part("Pictures", pictures) : null,
      responses.length > 0 ? part("Responses", responses) : null));
}

/** How long it took in each browser. */
function took(columns) {
  const times = columns.flatMap((column, number) =>
    (column ? [`${(column.duration_ms / 1000).toFixed(2)} s${many ? ` in ${nameOf(number)}` : ""}`] : []));
  return times.length > 0 ? ` · took ${listed(times)}` : null;
}

/** What is to be read first: what was not tested, what does not apply, where browsers differ. */
function unitNotices(columns) {
  const apart = columns.map((column) =>
    (column?.differs ? { reasons: column.reasons, known: column.reasons.length > 0 } : null));
  const base = columns.findIndex((column) => column !== null && column.error === null && factsAt(column.facts).length > 0);
  const unknown = apart.some((found) => found !== null && !found.known);
  return [
    grouped(columns, (column) => textAt(column.error)).map(({ value, numbers }) =>
      notice("error", many ? `Could not be tested in ${inWords(numbers)}.` : "Could not be tested.", value)),
    columns.map((column, number) => {
      if (column === null || column.verdict !== "not applicable") return null;
      const lacks = textsAt(column.lacks);
      const what = lacks.length > 0 ? `It lacks ${listed(lacks)}.` : "";
      return notice("lacking", `Not applicable in ${fullName(browsers[number])}.`, what);
    }),
    apart.some(Boolean) && base >= 0
      ? notice(unknown ? "deviation" : "apart", `≠ Not the same as in ${fullName(browsers[base])}.`, whyApart(apart)) : null,
  ];
}

function brokenTable(list) {
  const rows = list.map((broken) => el("tr", { class: "off" },
    el("th", { scope: "row" }, broken.fact), el("td", null, broken.expected),
    el("td", null, broken.observed ?? missing()),
    el("td", { class: "quiet" }, `line ${broken.line}`)));
  return table("broken", ["fact", "expected", "observed", "where"], rows);
}
