// Puts the page together.

const main = el("main");
document.body.classList.toggle("with-many", many);
document.body.append(main, panel.element);
main.append(masthead());
data.matrices.forEach((packed, number) => {
  if (packed.columns.every((column) => column.cells.length === 0)) return;
  const view = new MatrixSection(packed, number);
  views.push(view);
  main.append(view.element);
});
// Only on the page does a section know its width.
for (const view of views) view.draw();
const contents = [incomplete(), scenarioGrid(), overview()].filter(Boolean);
main.querySelector(".masthead").after(...contents);
const units = unitsSection();
if (units) main.append(units);
main.append(el("footer", { class: "quiet" }, `Observed in ${many ? "real browsers" : "a real browser"} by coopwright ${data.coopwright}. This file loads nothing from anywhere.`));

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && !event.defaultPrevented) panel.close();
});
addEventListener("hashchange", recall);
document.addEventListener("keydown", (event) => {
  const isTyping = ["INPUT", "SELECT", "TEXTAREA"].includes(document.activeElement?.tagName);
  const search = document.querySelector("input[type=search]");
  if (event.key !== "/" || isTyping || !search || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  search.focus();
});

let width = innerWidth;
let waiting = null;
addEventListener("resize", () => {
  if (innerWidth === width) return;
  width = innerWidth;
  clearTimeout(waiting);
  waiting = setTimeout(() => views.forEach((view) => view.fit()), 150);
});

// On paper what is folded is open, and afterwards as it was. Units are printed as they are on the screen: all of
// a run would be hundreds of pages.
let closed = [];
addEventListener("beforeprint", () => {
  closed = [...document.querySelectorAll("details:not([open]):not(.unit)")];
  for (const details of closed) details.open = true;
});
addEventListener("afterprint", () => {
  for (const details of closed) details.open = false;
});

recall();
