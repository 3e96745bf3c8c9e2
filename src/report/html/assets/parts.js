// What units and cells have in common: tables of facts, notices, rules, responses.

const MARKS = { passed: "✓", flaky: "~", failed: "✗", "not applicable": "–", error: "!" };
const verdictClass = (verdict) => verdict.replace(" ", "-");

/** A verdict as a sign in its colour; the word is there for those who cannot see it, or point at it. */
function verdictMark(verdict, of = "") {
  const words = of === "" ? verdict : `${of}: ${verdict}`;
  return el("span", { class: `mark ${verdictClass(verdict)}`, title: words },
    el("span", { "aria-hidden": "true" }, MARKS[verdict] ?? "!"), el("span", { class: "unseen-text" }, ` ${words} `));
}

/** A part with a heading. */
const part = (title, ...content) => el("section", null, el("h4", null, title), ...content);

/** A coloured box: how bad it is, the words in front, and what follows. */
const notice = (kind, head, ...content) =>
  el("div", { class: `notice ${kind}` }, el("b", null, head, " "), ...content);

const missing = () => el("i", null, "not observed");

/**
 * Facts as a table; `lists` has one list for each browser, null where it was not tested. In one browser
 * observed beside predicted; in several a column for each, equal values once.
 */
function factsTable(lists) {
  const tested = lists.filter((list) => list !== null);
  if (tested.every((list) => list.length === 0)) return null;
  return many ? comparison(lists) : observedTable(tested[0]);
}

function table(kind, head, rows) {
  return el("div", { class: "wide" }, el("table", { class: `facts ${kind}` },
    el("thead", null, el("tr", null, head.map((name) => el("th", { scope: "col" }, name)))),
    el("tbody", null, rows)));
}

/** What, observed, predicted. A deviation is said in words, too. */
function observedTable(facts) {
  const predicted = facts.some((fact) => fact.predicted !== null);
  const rows = facts.map((fact) => {
    const off = deviates(fact);
    return el(
      "tr", { class: off ? "off" : null },
      el("th", { scope: "row" }, fact.name),
      el("td", null, fact.observed ?? missing()),
      predicted
        ? el("td", null, fact.predicted ?? "", off ? el("b", { class: "ne", title: "differs" }, " ≠") : null)
        : null,
    );
  });
  return table("alone", ["fact", "observed", predicted ? "predicted" : null].filter(Boolean), rows);
}

/** A column for each browser. What all show is said once, over all columns. */
function comparison(lists) {
  const names = [...new Set(lists.flatMap((list) => (list ?? []).map((fact) => fact.name)))];
  const of = lists.map((list) => list && new Map(list.map((fact) => [fact.name, fact])));
  const rows = names.map((name) => {
    const facts = of.map((facts) => facts && (facts.get(name) ?? { name, observed: null, predicted: null }));
    const first = facts.find((fact) => fact !== null);
    const alike = facts.every((fact) => fact === null || fact.observed === first.observed);
    const cells = [];
    facts.forEach((fact, number) => {
      const last = cells.at(-1);
      const merges = last && alike && fact && last.fact && !deviates(fact) && !deviates(last.fact);
      if (merges) last.span += 1;
      else cells.push({ fact, span: 1, number });
    });
    return el("tr", { class: alike ? null : "apart" }, el("th", { scope: "row" }, broken(name)),
      cells.map(({ fact, span }) => {
        if (fact === null) return el("td", { class: "quiet" }, "–");
        const other = !alike && fact.observed !== first.observed;
        const kind = [other ? "other" : "", deviates(fact) ? "off" : ""].join(" ").trim();
        return el("td", { class: kind || null, colspan: span > 1 ? span : null }, fact.observed ?? missing(),
          deviates(fact) ? el("span", { class: "ne" }, `≠ predicted ${fact.predicted}`) : null);
      }));
  });
  return table("by-browser", ["fact", ...browsers.map((browser) => browser.title)], rows);
}

/** A fact's name that may break behind its dot. */
function broken(name) {
  const at = name.lastIndexOf(".") + 1;
  return at === 0 ? [name] : [name.slice(0, at), el("wbr"), name.slice(at)];
}

/**
 * Why browsers differ, one line for each that does. `apart` has for each browser null, or
 * { reasons, known }: the reasons in words, and whether they are known to be the reason.
 */
function whyApart(apart) {
  const lines = apart.flatMap((found, number) => {
    if (found === null) return [];
    const name = el("b", null, `${fullName(browsers[number])}: `);
    const reasons = found.reasons.map((reason) => el("li", null, name.cloneNode(true), prose(reason)));
    const unknown = el("li", { class: "unknown" }, name, "no known deviation explains it");
    return found.known ? reasons : [...reasons, unknown];
  });
  return el("ul", { class: "reasons" }, lines);
}

/** The rules in order, by the fact that they are about. */
function rulesList(reasons) {
  const facts = [...new Set(reasons.map((reason) => reason.fact))];
  return el("div", { class: "why" }, facts.map((fact) => [
    el("h4", null, fact),
    el("ol", null, reasons.filter((reason) => reason.fact === fact).map((reason) => el("li", null,
      reason.hop ? el("span", { class: "hop" }, reason.hop) : null,
      el("span", null, prose(reason.rule)),
      reason.deviation ? el("span", { class: "own" }, "its own way: ", prose(reason.deviation)) : null,
      el("span", { class: "source" }, link(reason.source, reason.url))))),
  ]));
}

/** Responses of several browsers: lists that are equal once, each card with those in which it decided. */
function responsesOf(columns) {
  const bare = (responses) => responses.map(({ deciding, ...rest }) => rest);
  const groups = grouped(columns, (column) => responsesAt(column.responses), bare);
  return groups.map(({ numbers, values }) => {
    const decided = values[0].map((_, at) => numbers.filter((_, i) => values[i][at].deciding));
    const tag = (at) => {
      if (decided[at].length === 0) return null;
      return decided[at].length === numbers.length ? "decided" : `decided in ${listed(decided[at].map(nameOf))}`;
    };
    return [isOfAll(numbers, columns) ? null : whose(numbers), responseCards(values[0], tag)];
  });
}

/** Responses with their raw header lines; those that decided have a `tag`. */
function responseCards(responses, tag) {
  return responses.map((response, at) =>
    el(
      "section",
      { class: tag(at) ? "response deciding" : "response" },
      el(
        "h4",
        null,
        el("span", { class: "who" }, response.who),
        tag(at) ? el("span", { class: "tag" }, tag(at)) : null,
        el("span", { class: "page" }, `${response.page}  `, el("b", null, String(response.status))),
      ),
      response.headers.length === 0
        ? el("p", { class: "quiet" }, "(no headers)")
        : el(
            "ul",
            { class: "headers" },
            response.headers.map(([name, value]) =>
              el("li", null, el("b", null, `${name}: `), el("bdi", null, value)),
            ),
          ),
    ),
  );
}

/** A snapshot that does not hold. */
function snapshotPart({ note, diff, browser_changed: changed }) {
  return [
    el("p", { class: changed ? "changed" : null }, changed ? el("span", { class: "tag warn" }, "browser changed") : null, note),
    diff === null ? null : el("pre", null, diff.replace(/\n$/, "").split("\n").map((line) =>
      el("span", { class: /^[-+]/.test(line) ? (line[0] === "-" ? "gone" : "new") : null }, `${line}\n`))),
  ];
}
