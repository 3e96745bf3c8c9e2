// What came of a run: the outcome, the timeline, facts beside predictions, the wire, the reasons.

import { el, prose, link, valueText, bare, newId } from "./base.js";
import { timeline } from "./timeline.js";

/** What each kind of fact is about, for people who see it for the first time. */
const MEANINGS = {
  opener: "the popup's own window.opener",
  handle: "what the opener's handle says",
  open: "whether the window is really open",
  journey: "each document, and its link to the opener",
  login: "how the login ended for the app",
  messages: "messages that arrived",
  isolated: "crossOriginIsolated",
  "self-close": "whether the popup can close itself",
  "window-name": "whether window.name survived",
  "session-storage": "whether it has the opener's sessionStorage",
  "secure-context": "whether it is a secure context",
  "shared-memory": "whether SharedArrayBuffer is shared",
  blocked: "what the browser kept from the page",
  result: "what the page learned of its fetch",
  loading: "whether it came in",
  status: "the status that the page could read",
  "readable-headers": "headers that the page could read",
  received: "requests that reached the server",
  performed: "how often the server acted",
  value: "what the script returned",
};
const FIRST = ["login", "opener", "handle", "open", "journey", "messages", "result", "loading", "isolated", "performed", "value"];

/** How a login ended, in words. */
const ENDINGS = {
  completed: () => ["The login ", el("b", null, "completed"), "."],
  cancelled: () => ["The app says that the login was ", el("b", null, "cancelled"), "."],
  failed: () => ["The login ", el("b", null, "failed"), "."],
  waiting: () => ["The app is ", el("b", null, "still waiting"), " for the login."],
};

const kindOf = (name) => name.slice(name.lastIndexOf(".") + 1);
export const meaning = (name) => MEANINGS[kindOf(name)] ?? "";
const rank = (name) => (FIRST.includes(kindOf(name)) ? FIRST.indexOf(kindOf(name)) : FIRST.length);

/** A fact's name that may break behind its dot. */
export const factName = (name) => {
  const at = name.lastIndexOf(".") + 1;
  return [el("code", null, name.slice(0, at), el("wbr"), name.slice(at)), el("span", { class: "means" }, meaning(name))];
};

/** Facts that say good or bad by their word alone. */
export const tone = (value) => {
  const text = valueText(value);
  if (/^(severed|reads-closed|cancelled|failed|blocked)$/.test(text)) return "off";
  return /^(connected|live|completed|readable|loaded)$/.test(text) ? "on" : null;
};

const parts = (value) => (Array.isArray(value) && value.length > 1 ? value.map((one) => el("div", null, valueText(one))) : valueText(value));

/** A table of facts, those that matter first and the others folded. `columns` are [title, name => value]. */
export function factsTable(names, columns, { important, differs, apart = "not as predicted" } = {}) {
  const sorted = [...names].sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1));
  const main = important ? sorted.filter(important) : sorted.filter((name) => rank(name) < FIRST.length);
  const rest = sorted.filter((name) => !main.includes(name));
  const table = (list) => el("div", { class: "wide", tabindex: "0", role: "group", "aria-label": "Facts" }, el("table", { class: "facts" },
    el("thead", null, el("tr", null, el("th", { scope: "col" }, "fact"), columns.map(([title]) => el("th", { scope: "col" }, title)))),
    el("tbody", null, list.map((name) => {
      const off = differs?.(name);
      return el("tr", { class: off ? "differs" : null }, el("th", { scope: "row" }, factName(name), off ? el("b", { class: "ne" }, "≠ ", apart) : null),
        columns.map(([title, value]) => el("td", { class: tone(value(name)), "data-of": title }, parts(value(name)))));
    }))));
  return [main.length ? table(main) : null,
    rest.length ? el("details", { class: "more" }, el("summary", null, `${rest.length} more ${rest.length === 1 ? "fact" : "facts"}`), table(rest)) : null];
}

/** Why: the rules that decided each fact. Facts with the same reasons are said once. */
export function reasons(predicted) {
  const groups = new Map();
  for (const [name, { because }] of Object.entries(predicted ?? {})) {
    if (!because?.length) continue;
    const key = JSON.stringify(because);
    if (!groups.has(key)) groups.set(key, { names: [], because });
    groups.get(key).names.push(name);
  }
  if (groups.size === 0) return null;
  return [...groups.values()].map(({ names, because }) => el("div", { class: "because" },
    el("h3", null, names.map((name, at) => [at ? ", " : null, el("code", null, name)])),
    el("ol", null, because.map((one) => el("li", null,
      one.page ? el("code", { class: "where" }, bare(one.page)) : null,
      el("span", null, prose(one.text)), one.compared ? el("span", { class: "quiet" }, " (", prose(one.compared), ")") : null,
      one.deviation ? el("span", { class: "deviates" }, "This browser has its own way: ", prose(one.deviation)) : null,
      el("span", { class: "source" }, link(one.source ?? "", one.url)))))));
}

const same = (a, b) => a && b && a.page === b.page && a.status === b.status && JSON.stringify(a.headers) === JSON.stringify(b.headers);

/** Responses behind every window's documents, then those of other requests. */
function wire(unit, hidden) {
  const hops = (unit.windows ?? []).flatMap((window) => {
    const own = window.documents.flatMap((document) => document.hops);
    return own.map((hop, at) => ({ who: own.length > 1 ? `${window.name}, response ${at + 1}` : window.name, hop }));
  });
  const others = (unit.requests ?? []).filter((request) => !hops.some(({ hop }) => same(hop, request)))
    .map((request) => ({ who: request.method, hop: request }));
  const deciding = unit.cause?.hop;
  let marked = false;
  return [...hops, ...others].map(({ who, hop }) => {
    const decides = !hidden && !marked && same(deciding, hop);
    marked ||= decides;
    return el("section", { class: decides ? "response deciding" : "response" },
      el("h4", null, el("span", { class: "who" }, who), decides ? el("span", { class: "tag" }, "this one decided") : null),
      el("p", { class: "status-line" }, el("b", null, String(hop.status)), " ", el("code", null, bare(hop.page), hop.page.includes("?") ? "?…" : null)),
      el("ul", { class: "raw" }, hop.headers.map(([name, value]) => el("li", { class: /^(cross-origin-|access-control-|document-isolation)/i.test(name) ? "policy" : null },
        el("b", null, `${name}: `), el("bdi", null, value)))));
  });
}

/** The pages that opened the popups, for the stage: what the opener showed at that time. */
export function openersOf(unit) {
  const openers = {};
  for (const window of (unit.windows ?? []).filter((one) => one["opened-from"] && !one.frame)) {
    const from = unit.windows.find((one) => one.name === window["opened-from"]);
    let page = from?.documents[0]?.page;
    for (const { window: on, event } of unit.timeline ?? []) {
      if (event.kind === "opens" && event.popup === window.name) break;
      if (on === from?.name && event.kind === "shows") page = event.page;
    }
    if (page) openers[window.name] = bare(page);
  }
  return openers;
}

const folded = (title, ...content) => el("details", { class: "more" }, el("summary", null, title), ...content);

/**
 * The whole result of `unit`. `expected` are the facts that the lesson is about. `hidden`: what decided is for the visitor to find
 * out. `kind`: of the variant, if it is one.
 */
export function result(unit, expected = [], hidden = false, kind = null) {
  const facts = unit.facts ?? {};
  const predicted = unit.predicted ?? {};
  const told = (name) => predicted[name]?.value;
  const differs = (name) => told(name) !== undefined && facts[name] !== undefined && valueText(told(name)) !== valueText(facts[name]);
  const about = new Set([...expected.map((one) => one.fact), ...(unit["broken-expectations"] ?? []).map((one) => one.fact)]);
  const names = [...new Set([...Object.keys(facts), ...Object.keys(predicted)])];
  const important = (name) => about.has(name) || differs(name) || (about.size === 0 && rank(name) < 6);
  const login = Object.entries(facts).find(([name]) => name.endsWith(".login"));
  const heading = el("h2", { id: newId("result"), tabindex: "-1" }, "What your browser did");
  const liedTo = login?.[1] === "cancelled" && Object.entries(facts).some(([name, value]) => name.endsWith(".handle") && value === "reads-closed" && facts[name.replace(/handle$/, "open")] === "yes");
  const broken = unit["broken-expectations"] ?? [];
  // Beside a login that works, another window that is cut is meant to be.
  const asMeant = kind === "fixed" && broken.length === 0 && login?.[1] === "completed";
  const cause = unit.cause && !hidden ? unit.cause.sentence.replace(/^[a-z]/, (letter) => letter.toUpperCase()) : null;
  const changes = unit.lint?.filter(({ lint }) => lint?.text) ?? [];
  const text = (value) => (typeof value === "string" ? value : valueText(value));
  return {
    heading,
    element: el("section", { class: "result", "aria-labelledby": heading.id },
      heading,
      login ? el("p", { class: `verdict ${login[1] === "completed" ? "good" : "bad"}` }, ENDINGS[login[1]]?.() ?? ["The login: ", valueText(login[1]), "."], liedTo ? " It was not." : null) : null,
      unit.error ? el("p", { class: "note bad" }, unit.error) : null,
      cause ? el("p", { class: "cause" }, asMeant ? "Beside it, as it is meant to be: " : null, prose(cause), ".") : null,
      broken.length ? el("div", { class: "note" }, el("b", null, "Not as the lesson expects"), " (have you closed a window, or refused?): ", el("ul", null, broken.map((one) =>
        el("li", null, el("code", null, one.fact), " should be ", el("b", null, text(one.expected)), ", and is ", el("b", null, text(one.observed)))))) : null,
      el("h3", null, "When it happened"), timeline(unit),
      el("h3", null, hidden ? "What was observed" : "Predicted and observed"),
      factsTable(names, [hidden ? null : ["predicted", told], ["observed", (name) => facts[name]]].filter(Boolean), { important, differs: hidden ? null : differs }),
      hidden ? null : folded("Why the standards say so", reasons(predicted)),
      el("h3", null, "On the wire"), el("div", { class: "wire" }, wire(unit, hidden || asMeant)),
      changes.length && !hidden ? folded(`What is said in vain in these headers (${changes.length})`, el("ul", { class: "plain-list" }, changes.map(({ page, lint }) =>
        el("li", null, el("code", null, page), " ", prose(lint.text))))) : null,
      unit.console?.length ? folded(`The console (${unit.console.length})`, el("pre", { tabindex: "0" }, unit.console.join("\n"))) : null),
  };
}
