// Exercises: a story with a hidden cause, tools to find it, and a check that runs the proposed headers.

import { el, show, prose, settled, copyButton } from "./base.js";
import * as api from "./api.js";
import { query, remember, ownHeaders, headersQuery } from "./address.js";
import { headers } from "./headers.js";
import { stage } from "./stage.js";
import { runner } from "./run.js";
import { result, openersOf } from "./result.js";

const KEY = "solved";
const solved = () => {
  try {
    return new Set(JSON.parse(localStorage.getItem(KEY)) ?? []);
  } catch {
    return new Set();
  }
};
const remembers = (id) => {
  try {
    localStorage.setItem(KEY, JSON.stringify([...solved().add(id)]));
  } catch {
    // No storage: it is solved all the same.
  }
};

export async function exercises() {
  const list = await api.exercises();
  const done = solved();
  return {
    title: "Exercises",
    body: [
      el("h1", null, "Exercises"),
      el("p", { class: "lead" }, "Somebody reports a symptom. The cause is hidden in the headers. Find it, and mend it without breaking what must stay."),
      el("ol", { class: "stories" }, list.map((one) => el("li", { class: done.has(one.id) ? "solved" : null },
        el("h2", null, el("a", { href: `/exercise/${encodeURIComponent(one.id)}` }, one.title), done.has(one.id) ? el("span", { class: "tag good" }, "solved") : null),
        el("p", null, prose(one.story))))),
    ],
  };
}

export async function exercisePage({ name, onLeave }) {
  const exercise = await api.exercise(name);
  const asked = query();
  const given = Object.fromEntries(exercise.pages.map((page) => [page.page, page.headers ?? ""]));
  const own = { ...given, ...ownHeaders(asked) };
  const stageAt = el("div", { class: "stage-at" });
  const resultAt = el("div", { class: "result-at" });
  const verdictAt = el("div", { role: "status" });
  const mine = () => Object.fromEntries(Object.entries(headersQuery(own, given)).map(([key, value]) => [key.slice(2), value]));
  // The headers are part of what is to be found: they are shown once the symptom was.
  let seen = Object.keys(mine()).length > 0 || solved().has(exercise.id);
  const pages = () => exercise.pages.map((page) => ({ ...page, headers: seen ? own[page.page] : null }));
  const draw = (facts, words, opened) => show(stageAt, stage(pages(), facts, words, opened));

  const clear = () => {
    show(verdictAt);
    show(resultAt);
  };
  const came = (unit, check) => {
    seen = true;
    editorAt.hidden = false;
    run.rename("Check my fix");
    if (check) {
      if (check.solved) remembers(exercise.id);
      show(verdictAt, el("div", { class: `check-result ${check.solved ? "good" : "bad"}` },
        el("h2", null, check.solved ? "Solved" : "Not yet"),
        el("ul", null, check.words.map((words) => el("li", null, prose(words))))));
    }
    if (!unit) return;
    show(resultAt, result(unit, [], !check?.solved).element);
    draw(unit.facts ?? {}, "As your browser showed it.", openersOf(unit));
  };
  const run = runner({ label: seen ? "Check my fix" : "See the symptom", onLeave, begun: clear, done: came, refused: (faults) => editor.fault(faults),
    body: () => ({ exercise: exercise.id, headers: mine() }) });

  const ready = settled(() => run.prepare(), 500);
  const editor = headers(exercise.pages, null, own, () => {
    remember(headersQuery(own, given));
    clear();
    editor.fault([]);
    draw({}, "Nothing is predicted here. Find out.");
    ready();
  }, "Start over");
  const editorAt = el("div", null, editor.element);
  editorAt.hidden = !seen;
  draw({}, "Nothing is predicted here. Find out.");
  run.prepare();
  return {
    title: exercise.title,
    body: [
      el("p", { class: "crumbs" }, el("a", { href: "/exercises" }, "← All exercises")),
      el("h1", null, exercise.title),
      el("p", { class: "story" }, prose(exercise.story)),
      stageAt,
      el("div", { class: "two" },
        editorAt,
        el("div", null,
          el("div", { class: "keep" }, el("h2", { class: "sub" }, "What must stay"), el("ul", null, exercise.keep.map((words) => el("li", null, prose(words))))),
          exercise.hints.map((hint, at) => el("details", { class: "more hint" }, el("summary", null, `Hint ${at + 1}`), el("p", null, prose(hint)))))),
      el("div", { class: "act" }, el("p", { class: "quiet" }, "This runs the headers as they stand here in your browser. As long as you have changed nothing, it shows the symptom, and what each response says."), run.element),
      verdictAt, resultAt,
      el("p", { class: "share" }, copyButton("Copy a link to exactly this", () => location.href)),
    ],
  };
}
