// Puts the page together.

function masthead() {
  const { passed, failed, not_applicable: skipped, errors } = data.totals;
  const total = (verdict, count, words) => count === 0 && verdict !== "passed" ? null
    : el("li", { class: verdict }, el("b", null, String(count)), el("span", null, `${MARKS[words] ?? "!"} ${words}`));
  return el("header", { class: "masthead" },
    el("div", null, el("h1", null, data.title),
      el("p", { class: "quiet" }, el("span", null, `${data.engine} ${data.engine_version} on ${data.os}`),
        data.command ? el("code", null, data.command) : null)),
    el("ul", { class: "totals", "aria-label": "Totals" }, total("passed", passed, "passed"),
      total("failed", failed, "failed"), total("error", errors, "error"),
      total("not-applicable", skipped, "not applicable")));
}

/** With several matrices: one line for each, with the shares of its outcomes. */
function overview() {
  if (views.length + (data.units.length > 0 ? 1 : 0) < 2) return null;
  return el("nav", { class: "overview", "aria-label": "Contents" }, views.map((view) => {
    const bar = el("span", { class: "bar", "aria-hidden": "true" }, view.outcomes.list.map((outcome) => {
      const share = el("span");
      paint(share, outcome);
      share.style.setProperty("flex-grow", String(outcome.count));
      return share;
    }));
    const notes = [
      view.deviating.length > 0 ? el("b", { class: "ne" }, `≠ ${view.deviating.length}`) : null,
      view.failing.length > 0 ? el("b", { class: "bad" }, `! ${view.failing.length}`) : null,
    ];
    return el("a", { href: `#matrix-${view.number}` }, el("span", { class: "what" }, view.packed.title || view.label),
      el("span", { class: "quiet" }, `${view.packed.cells.length}`), bar, el("span", { class: "notes" }, notes));
  }), data.units.length > 0 ? el("a", { href: "#units" }, el("span", { class: "what" }, "Scenarios"),
    el("span", { class: "quiet" }, String(data.units.length))) : null);
}

const main = el("main");
document.body.append(main, panel.element);
main.append(masthead());
data.matrices.forEach((packed, number) => {
  if (packed.cells.length === 0) return;
  const view = new MatrixSection(packed, number);
  views.push(view);
  main.append(view.element);
});
// Only on the page does a section know its width.
for (const view of views) view.draw();
const contents = overview();
if (contents) main.querySelector(".masthead").after(contents);
const units = unitsSection();
if (units) main.append(units);
main.append(el("footer", { class: "quiet" }, "Observed in a real browser by coopwright. This file loads nothing from anywhere."));

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && !event.defaultPrevented) panel.close();
});
addEventListener("hashchange", recall);

let width = innerWidth;
let waiting = null;
addEventListener("resize", () => {
  if (innerWidth === width) return;
  width = innerWidth;
  clearTimeout(waiting);
  waiting = setTimeout(() => views.forEach((view) => view.fit()), 150);
});

// On paper everything is open, and afterwards as it was.
let closed = [];
addEventListener("beforeprint", () => {
  closed = [...document.querySelectorAll("details:not([open])")];
  for (const details of closed) details.open = true;
});
addEventListener("afterprint", () => {
  for (const details of closed) details.open = false;
});

recall();
