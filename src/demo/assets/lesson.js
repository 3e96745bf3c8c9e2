// A lesson: symptom, stage, header switches, run, what happened, cause and cure.

import { el, show, prose, settled, copyButton, ownEngine, ENGINES } from "./base.js";
import * as api from "./api.js";
import { query, remember, ownHeaders, headersQuery } from "./address.js";
import { tabs } from "./tabs.js";
import { headers } from "./headers.js";
import { stage } from "./stage.js";
import { runner } from "./run.js";
import { result, openersOf } from "./result.js";
import { searches, glass } from "./home.js";

const CONFIGS = {
  nginx: "nginx", apache: "Apache", caddy: "Caddy", express: "Express", django: "Django", rails: "Rails", nextjs: "Next.js", netlify: "Netlify",
  page: "Page", vite: "Vite", vercel: "Vercel", cloudflare: "Cloudflare", spring: "Spring", flask: "Flask", laravel: "Laravel", javascript: "JavaScript",
};
const configName = (key) => CONFIGS[key] ?? key[0].toUpperCase() + key.slice(1).replaceAll("-", " ");

const LEADS = { broken: "As it is", "wrong-fix": "Try", fixed: "The fix", case: "Case" };

const factsOf = (predicted) => Object.fromEntries(Object.entries(predicted ?? {}).map(([name, { value }]) => [name, value]));

export async function lessonPage({ name, onLeave }) {
  const lesson = await api.lesson(name);
  const asked = query();
  const variants = lesson.variants;
  const base = Object.fromEntries((variants.find((one) => one.kind === "broken") ?? variants[0]).pages.map((page) => [page.page, page.headers]));
  const asGiven = (variant) => Object.fromEntries(variant.pages.map((page) => [page.page, page.headers ?? ""]));
  const engine = ownEngine();
  const state = { variant: variants.find((one) => one.id === asked.try) ?? variants[0], own: null, config: asked.config ?? null };
  if (asked.own !== undefined || Object.keys(ownHeaders(asked)).length) {
    state.own = { ...asGiven(state.variant), ...ownHeaders(asked) };
  }
  const keep = () => remember({
    try: state.variant === variants[0] ? null : state.variant.id,
    own: state.own === null ? null : "1",
    ...headersQuery(state.own, asGiven(state.variant)),
    config: state.config,
  });

  const stageAt = el("div", { class: "stage-at" });
  const headersAt = el("div");
  const resultAt = el("div", { class: "result-at" });
  let editor = null;
  let asking = null;

  const current = () => (state.own === null ? state.variant.pages
    : state.variant.pages.map((page) => ({ ...page, headers: state.own[page.page] ?? page.headers })));
  const changed = () => headersQuery(state.own, asGiven(state.variant));
  const body = () => {
    const lines = Object.fromEntries(Object.entries(changed()).map(([key, value]) => [key.slice(2), value]));
    return { lesson: lesson.id, variant: state.variant.id, ...(Object.keys(lines).length ? { headers: lines } : {}) };
  };
  const drawStage = (facts, source, opened) => show(stageAt, stage(current(), facts, source, opened));
  const predictedWords = `Predicted for ${ENGINES[engine]}. Run it to see what is true.`;

  const run = runner({
    label: "Run it in this browser",
    body,
    onLeave,
    refused: (faults) => editor?.fault(faults),
    done: (unit) => {
      if (!unit) return;
      const came = result(unit, state.own === null ? state.variant.expect : [], false, state.own === null ? state.variant.kind : null);
      show(resultAt, came.element);
      drawStage({ ...factsOf(unit.predicted), ...unit.facts }, "As your browser showed it.", openersOf(unit));
    },
  });

  const predictOwn = settled(async () => {
    asking?.abort();
    asking = new AbortController();
    const mine = asking;
    try {
      const told = await api.predict(body(), mine.signal);
      if (mine !== asking || state.own === null) return;
      editor.fault([]);
      drawStage(factsOf(told[engine]), predictedWords);
    } catch (error) {
      if (error.name === "AbortError") return;
      editor?.fault(error.faults?.length ? error.faults : [{ message: error.message }]);
      drawStage({}, "Nothing can be predicted of headers that cannot be sent.");
    }
  }, 350);
  const readyLater = settled(() => run.prepare(), 500);

  const draw = () => {
    const { variant } = state;
    show(resultAt);
    drawStage(factsOf(variant.predicted?.[engine]), predictedWords);
    editor = headers(variant.pages, variant.kind === "broken" ? null : base, state.own, (own) => {
      state.own = own;
      if (own === null) editor.fault([]);
      keep();
      show(resultAt);
      predictOwn();
      readyLater();
    });
    show(headersAt, editor.element);
    if (Object.keys(changed()).length) predictOwn();
    run.prepare();
    keep();
  };

  let first = true;
  const row = tabs("Variants", variants.map((variant) => ({
    key: variant.id,
    class: variant.kind,
    label: [el("span", { class: "kind" }, LEADS[variant.kind] ?? variant.kind), el("span", { class: "unseen-text" }, ": "), el("span", null, variant.title)],
  })), state.variant.id, (key, panel) => {
    const next = variants.find((one) => one.id === key);
    if (!first && next === state.variant) return;
    if (!first) state.own = null;
    state.variant = next;
    if (first) {
      show(panel, stageAt,
        el("div", { class: "act" }, run.element),
        el("div", { class: "two" },
          headersAt,
          el("div", { class: "steps", id: "steps" })),
        resultAt);
    }
    show(panel.querySelector("#steps"), el("h2", { class: "sub" }, "What will happen"), el("ol", null, next.steps.map((step) => el("li", null, prose(step)))));
    first = false;
    draw();
  }, variants.length > 5 ? "variants many" : "variants");

  const configs = Object.entries(lesson.config ?? {});
  const config = configs.length ? tabs("Configuration", configs.map(([key]) => ({ key, label: configName(key) })), state.config ?? configs[0][0], (key, panel) => {
    if (state.config !== null || key !== configs[0][0]) state.config = key === configs[0][0] ? null : key;
    keep();
    const text = lesson.config[key] ?? configs[0][1];
    show(panel, el("div", { class: "code-head" }, copyButton("Copy", () => text)), el("pre", { tabindex: "0" }, el("code", null, text.replace(/\n$/, ""))));
  }) : null;

  const typed = searches(lesson.symptom);
  return {
    title: lesson.title,
    body: [
      el("p", { class: "crumbs" }, el("a", { href: "/" }, "← All lessons")),
      el("div", { class: "lesson-head" },
        el("h1", null, lesson.title),
        el("div", { class: "symptoms" }, el("p", { class: "quiet" }, "People who see this search for"),
          el("ul", null, typed.slice(0, 1).map((text) => el("li", { class: "typed" }, glass(), el("span", null, text)))),
          typed.length > 1 ? el("p", { class: "also" }, "also: ", typed.slice(1).join(" · ")) : null)),
      row.list, row.panel,
      el("section", { class: "why" },
        el("div", null, el("h2", null, "Why"), el("p", null, prose(lesson.cause))),
        el("div", null, el("h2", null, "What to do"), el("p", null, prose(lesson.fix)))),
      config ? el("section", null, el("h3", null, "In your configuration"), config.list, config.panel) : null,
      el("p", { class: "share" }, copyButton("Copy a link to exactly this", () => location.href)),
    ],
  };
}
