// Tabs: arrow keys go from one to the next, Home and End to the first and the last.

import { el, newId } from "./base.js";

/**
 * `items` are [{ key, label, mark? }], `label` whatever `el` takes. Gives { list, panel, select }: the row of tabs, the one
 * panel that they share, and a way to choose. `chosen(key, panel)` fills the panel.
 */
export function tabs(name, items, first, chosen, kind = "") {
  const panel = el("div", { role: "tabpanel", id: newId("panel"), tabindex: "0", class: "panel" });
  const buttons = items.map(({ key, label, class: look }) => {
    const button = el("button", {
      type: "button", role: "tab", id: newId("tab"), "aria-controls": panel.id, class: look,
    }, label);
    button.addEventListener("click", () => select(key));
    return button;
  });
  const list = el("div", { role: "tablist", "aria-label": name, class: `tabs ${kind}` }, buttons);
  list.addEventListener("keydown", (event) => {
    const at = buttons.indexOf(document.activeElement);
    const to = { ArrowRight: at + 1, ArrowDown: at + 1, ArrowLeft: at - 1, ArrowUp: at - 1, Home: 0, End: -1 }[event.key];
    if (at < 0 || to === undefined) return;
    event.preventDefault();
    const next = (to + items.length) % items.length;
    buttons[next].focus();
    select(items[next].key);
  });
  const select = (key) => {
    const at = Math.max(0, items.findIndex((item) => item.key === key));
    buttons.forEach((button, number) => {
      button.setAttribute("aria-selected", String(number === at));
      button.tabIndex = number === at ? 0 : -1;
    });
    panel.setAttribute("aria-labelledby", buttons[at].id);
    chosen(items[at].key, panel);
  };
  select(first);
  return { list, panel, select };
}
