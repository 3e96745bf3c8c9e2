// The overview: every lesson by its symptom, as people type it.

import { el, show } from "./base.js";
import * as api from "./api.js";
import { query, remember } from "./address.js";

const GROUPS = [
  ["mistakes", "The eight mistakes", "What teams do with these headers, thinking that it helps."],
  ["modes", "What people run into", "The headers are as intended, and still something gives way."],
  ["default", "The safe default", "What to start from, and what it costs."],
];

/** The mistakes in a few words; lessons name theirs by a tag. */
const MISTAKES = {
  1: "CORS headers, to fix COOP",
  2: "same-origin on every page",
  3: "COOP, to allow a fetch",
  4: "COOP on JSON",
  5: "noopener, and no other way back",
  6: "CORS, to be isolated",
  7: "COOP, to protect an API",
  8: "only the last response was checked",
};

const mistakeOf = (lesson) => Number(lesson.tags.map((tag) => /^mistake-(\d+)$/.exec(tag)?.[1]).find(Boolean) ?? 0);

/** `a; b; c` as it was typed: one search each. */
export const searches = (symptom) => symptom.split(/;\s+/).map((text) => text.replace(/\.$/, "").trim()).filter(Boolean);

/** The glass of a search field. */
export const glass = () => {
  const drawing = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  drawing.setAttribute("viewBox", "0 0 20 20");
  drawing.setAttribute("class", "glass");
  drawing.setAttribute("aria-hidden", "true");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("d", "M8.5 2.5a6 6 0 1 0 0 12 6 6 0 0 0 0-12zM13 13l5 5");
  drawing.append(path);
  return drawing;
};

function card(lesson) {
  const [first, ...rest] = searches(lesson.symptom);
  const fixes = lesson.variants.filter((variant) => variant.kind === "wrong-fix").length;
  const words = [`${lesson.variants.length} variants`, fixes ? `${fixes} wrong ${fixes === 1 ? "fix" : "fixes"} to try` : null];
  return el("li", { class: "card" },
    el("a", { href: `/lesson/${encodeURIComponent(lesson.id)}` },
      el("span", { class: "typed" }, glass(), el("span", null, first)),
      el("span", { class: "card-title" }, lesson.title)),
    el("div", { class: "also" },
      rest.length ? el("p", null, "also: ", rest.slice(0, 2).join(" · ")) : null,
      el("p", null, words.filter(Boolean).join(", "))));
}

export async function home() {
  const lessons = await api.lessons();
  const field = el("input", {
    type: "search", id: "filter", value: query().q ?? "", autocomplete: "off", spellcheck: "false",
    placeholder: "opener is null", "aria-describedby": "found",
  });
  const found = el("p", { id: "found", role: "status", class: "quiet" });
  const list = el("div", { class: "groups" });
  const matching = () => {
    const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
    return lessons.filter((lesson) => {
      const text = [lesson.title, lesson.symptom, lesson.id, ...lesson.tags, ...lesson.variants.map((one) => one.title)].join(" ").toLowerCase();
      return words.every((word) => text.includes(word));
    });
  };
  const draw = () => {
    const left = matching();
    found.textContent = left.length === lessons.length ? `${lessons.length} lessons` : `${left.length} of ${lessons.length} lessons`;
    show(list, GROUPS.map(([key, title, words]) => {
      const own = left.filter((lesson) => lesson.group === key);
      if (own.length === 0) return null;
      return el("section", { class: `group ${key}` },
        el("h2", null, title), el("p", { class: "lead quiet" }, words),
        key === "mistakes" ? byMistake(own) : el("ul", { class: "cards" }, own.map(card)));
    }), left.length === 0 ? el("p", { class: "note" }, "No lesson has all of these words. The ",
      el("a", { href: "/playground" }, "playground"), " shows any headers that you have.") : null);
  };
  field.addEventListener("input", () => {
    remember({ q: field.value || null });
    draw();
  });
  draw();
  return {
    title: "Lessons",
    body: [
      el("div", { class: "intro" },
        el("h1", null, el("span", null, "The popup is open. "), el("span", null, "The page says it was closed.")),
        el("p", { class: "lead" }, "Cross-origin headers break logins in ways that look like something else. Here they break in your own browser, and you can watch which response did it, and put it right.")),
      el("div", { class: "search" }, el("label", { for: "filter" }, "What do you see?"),
        el("div", { class: "field" }, glass(), field), found),
      list,
    ],
  };
}

function byMistake(lessons) {
  const numbers = [...new Set(lessons.map(mistakeOf))].sort((a, b) => a - b);
  return el("ol", { class: "mistakes" }, numbers.map((number) => el("li", null,
    el("div", { class: "mistake" }, el("span", { class: "numeral", "aria-hidden": "true" }, number || "·"),
      el("h3", null, number ? el("span", { class: "unseen-text" }, `Mistake ${number}: `) : null, MISTAKES[number] ?? "More")),
    el("ul", { class: "cards" }, lessons.filter((lesson) => mistakeOf(lesson) === number).map(card)))));
}
