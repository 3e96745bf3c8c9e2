// The header lines of each page: as they are, with what changed marked, or to be written by the visitor.

import { el, show, linesOf } from "./base.js";
import { roleWords } from "./stage.js";
import { switches, namesFor } from "./switches.js";

/** Lines of `now` against those of `before`: [mark, line], with "+" new, "-" gone, "" kept. */
export function compared(before, now) {
  const old = linesOf(before);
  const fresh = linesOf(now);
  const gone = old.filter((line) => !fresh.includes(line)).map((line) => ["-", line]);
  return [...gone, ...fresh.map((line) => [old.includes(line) ? "" : "+", line])];
}

const MARKS = { "+": "new: ", "-": "gone: ", "": null };

export const lineList = (marked) => el("ul", { class: "lines" },
  marked.length === 0 ? el("li", { class: "none" }, "(no header of ours)") : null,
  marked.map(([mark, line]) => el("li", { class: { "+": "new", "-": "gone" }[mark] },
    MARKS[mark] ? el("span", { class: "unseen-text" }, MARKS[mark]) : null,
    el("span", { class: "mark", "aria-hidden": "true" }, mark === "-" ? "−" : mark), el("code", null, line))));

/**
 * `base`: the lines by page to compare with, or null. `own`: the visitor's lines by page, or null while they only look.
 * `edited(own)` hears of every change. With `reset`, the words of a button, the lines can always be edited.
 * Gives { element, fault }.
 */
export function headers(pages, base, own, edited, reset = null) {
  const element = el("div", { class: "headers-of" });
  const given = Object.fromEntries(pages.map((page) => [page.page, page.headers ?? ""]));
  const faults = el("div", { role: "alert" });
  const editable = pages.filter((page) => page.editable !== false);

  const block = (page) => {
    const against = base?.[page.page] ?? (base ? "" : given[page.page]);
    const title = [el("code", null, page.page), el("span", { class: "quiet" }, roleWords(page))];
    if (own === null || page.editable === false) {
      const marked = compared(against, given[page.page]);
      const changed = base && marked.some(([mark]) => mark);
      return el("div", { class: changed ? "page-headers changed" : "page-headers" },
        el("h3", null, title, changed ? el("span", { class: "tag" }, "changed") : null,
          page.editable === false ? el("span", { class: "tag fixed" }, "not yours to change") : null), lineList(marked));
    }
    const mark = el("span", { class: "tag" }, "changed");
    mark.hidden = (own[page.page] ?? given[page.page]) === given[page.page];
    const edit = switches({ names: namesFor(page.serve), title: page.page, lines: own[page.page] ?? given[page.page], edited: (lines) => {
      own[page.page] = lines;
      mark.hidden = lines === given[page.page];
      edited(own);
    } });
    return el("div", { class: "page-headers" }, el("h3", null, title, mark), edit);
  };

  const draw = () => {
    const button = el("button", { type: "button", class: "plain small" },
      reset ?? (own === null ? "Change the headers" : "Back to the given ones"));
    button.addEventListener("click", () => {
      if (reset) Object.assign(own, given);
      else own = own === null ? { ...given } : null;
      draw();
      edited(own);
      element.querySelector(own === null ? "button" : "select")?.focus();
    });
    show(element, el("div", { class: "head" }, el("h2", { class: "sub" }, reset ? "The headers" : own === null ? "What each response says" : "Your own headers"),
      editable.length ? button : null),
    own === null ? null : el("p", { class: "quiet" }, "Raw lines are sent as written: wrong ones, too. ", el("code", null, "{app}"), " stands for the origin of the site app."),
    faults, el("div", { class: "pages" }, pages.map(block)));
  };
  draw();
  return {
    element,
    fault: (list) => show(faults, list.map((one) => el("p", { class: "note bad" }, one.where ? [el("code", null, one.where), ": "] : null, one.message))),
  };
}
