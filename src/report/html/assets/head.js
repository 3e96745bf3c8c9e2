// The top of the page: what ran where, how it ended, and what there is to see.

function masthead() {
  const { passed, flaky, failed, not_applicable: skipped, errors } = data.totals;
  const total = (verdict, count, words) => count === 0 && verdict !== "passed" ? null
    : el("li", { class: verdict }, el("b", null, String(count)), el("span", null, `${MARKS[words] ?? "!"} ${words}`));
  return el("header", { class: "masthead" },
    el("div", null, el("h1", null, data.title),
      el("p", { class: "quiet" },
        el("span", null, `${inHowMany()} on ${data.os}${data.headless ? ", windows hidden" : ""}`),
        el("span", null, `coopwright ${data.coopwright}`))),
    el("ul", { class: "totals", "aria-label": "Totals" }, total("passed", passed, "passed"),
      total("flaky", flaky, "flaky"), total("failed", failed, "failed"), total("error", errors, "error"),
      total("not-applicable", skipped, "not applicable"),
      data.not_run > 0 ? el("li", { class: "not-applicable" }, el("b", null, String(data.not_run)), el("span", null, "not run")) : null),
    browserList(),
    data.command ? commandLine(data.command) : null);
}

/** Said of a run that did not come to its end. */
function incomplete() {
  if (!data.interrupted && data.not_run === 0) return null;
  const left = data.not_run > 0 ? ` ${plural(data.not_run, "unit was", "units were")} not run.` : "";
  return el("p", { class: "incomplete", role: "note" },
    el("b", null, data.interrupted ? "The run was interrupted." : "The run ended early."), left);
}

/** The one browser; or of what the totals are: every unit counts once in each browser. */
function inHowMany() {
  if (!many) return browsers.map(fullName).join("");
  return `${plural(data.units.length + data.matrices.length, "unit")} in ${browsers.length} browsers each`;
}

/** The browsers, how each did, and what is to be known of it. One that lacks nothing needs no line. */
function browserList() {
  const worthALine = many || browsers.some((browser) => browser.lacks.length > 0 || browser.cannot_show !== null);
  if (!worthALine) return null;
  return el("ul", { class: "browsers", "aria-label": "Browsers" }, browsers.map((browser, number) => {
    const verdicts = [...data.units, ...data.matrices].map((job) => columnsOf(job)[number]?.verdict);
    const counts = Object.keys(MARKS).flatMap((verdict) => {
      const count = verdicts.filter((found) => found === verdict).length;
      return count === 0 ? [] : [el("span", { class: `mark ${verdictClass(verdict)}`, title: verdict },
        `${MARKS[verdict]} ${count}`, el("span", { class: "unseen-text" }, ` ${verdict}`))];
    });
    const lacks = browser.lacks.length === 0 ? null : el("details", { class: "lacks" },
      el("summary", { title: browser.lacks.join("\n") }, `lacks ${plural(browser.lacks.length, "feature")}`),
      el("ul", null, browser.lacks.map((feature) => el("li", null, el("code", null, feature)))));
    return el("li", null,
      el("span", { class: "browser" }, el("b", null, browser.title), " ", el("span", { class: "version" }, browser.version)),
      many ? el("span", { class: "counts" }, counts) : null,
      browser.started ? null : el("span", { class: "mark error" }, "! did not start"),
      lacks,
      browser.cannot_show === null ? null : el("span", { class: "quiet blind" }, `not shown here: ${browser.cannot_show}`));
  }));
}

/** With several matrices: one line for each, with the shares of its outcomes in the first browser. */
function overview() {
  if (views.length + (data.units.length > 0 ? 1 : 0) < 2) return null;
  return el("nav", { class: "overview", "aria-label": "Contents" }, views.map((view) => {
    const bar = el("span", { class: "bar", "aria-hidden": "true" }, view.outcomes.list.filter((outcome) => view.tally.has(outcome)).map((outcome) => {
      const share = el("span");
      paint(share, outcome);
      share.style.setProperty("flex-grow", String(view.tally.get(outcome)));
      return share;
    }));
    const count = (pick) => view.found.reduce((sum, found) => sum + pick(found), 0);
    const bad = count(({ deviating, broken }) => deviating.length + broken.length);
    const untested = count(({ failing }) => failing.length);
    const apart = view.anyApart.size;
    const notes = [
      apart > 0 ? el("span", { class: "differ", title: "cells in which browsers differ" }, `≠ ${apart}`) : null,
      bad > 0 ? el("b", { class: "ne", title: "cells that are not as predicted or expected" }, `✗ ${bad}`) : null,
      untested > 0 ? el("b", { class: "bad", title: "cells that could not be tested" }, `! ${untested}`) : null,
    ];
    return el("a", { href: `#matrix-${view.number}` }, el("span", { class: "what" }, view.packed.title || view.label),
      el("span", { class: "quiet" }, `${view.count}`), bar, el("span", { class: "notes" }, notes));
  }), data.units.length > 0 ? el("a", { href: "#units" }, el("span", { class: "what" }, "Scenarios"),
    el("span", { class: "quiet" }, String(data.units.length))) : null);
}
