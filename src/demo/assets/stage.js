// The stage: the windows of a flow in a row, and the thread between a popup and its opener.

import { el, svg, bare, linesOf } from "./base.js";

/** What a page does, by how it is served: its words, the button in its drawing, whether it is shown in a window. */
const ROLES = {
  app: { words: "the page that opens the popup" },
  authorize: { words: "the identity provider: asks", button: "Allow" },
  callback: { words: "the callback: brings the result home" },
  redirect: { words: "sends the browser on", hop: true },
  payment: { words: "the payment page", button: "Pay" },
  sso: { words: "the sign-on page: hands over a ticket" },
  dashboard: { words: "the dashboard: waits for data" },
  html: { words: "a page of its own" },
  page: { words: "a page" },
};
const ENDPOINTS = { token: "trades the code for a token", json: "answers with JSON", action: "changes something", "login-record": "keeps the result until it is asked", blank: "is a page of its own", image: "is an image", script: "is a script", worker: "is a worker" };
export const roleOf = (page) => ROLES[page.serve ?? "page"] ?? null;
export const roleWords = (page) => roleOf(page)?.words ?? ENDPOINTS[page.serve] ?? `serves ${page.serve}`;

const SHORT = {
  "cross-origin-opener-policy": "COOP",
  "cross-origin-embedder-policy": "COEP",
  "cross-origin-resource-policy": "CORP",
  "access-control-allow-origin": "CORS",
  "document-isolation-policy": "DIP",
  "cross-origin-opener-policy-report-only": "COOP, report only",
};

/** The policies among raw lines, in short: [["COOP", "same-origin"]]. */
export const policiesOf = (lines) => linesOf(lines).flatMap((line) => {
  const at = line.indexOf(":");
  const name = SHORT[line.slice(0, at).trim().toLowerCase()];
  return name ? [[name, line.slice(at + 1).trim() || "(empty)"]] : [];
});

/** How each state of a link looks in words. */
export const LINKS = {
  connected: { sign: "●", words: "connected" },
  severed: { sign: "×", words: "severed" },
  never: { sign: "–", words: "never linked" },
  unknown: { sign: "?", words: "run it to see" },
};

/** The thread between two windows. */
export function thread(state, what) {
  const { sign, words } = LINKS[state] ?? LINKS.unknown;
  const strands = {
    connected: ["M2 24C18 8 30 40 45 24S74 8 88 24"],
    severed: ["M2 24C12 12 22 32 31 26", "M31 26l7-6M31 26l8 1M31 26l6 7", "M88 24C78 34 68 14 60 21", "M60 21l-7 7M60 21l-8-1M60 21l-6-7"],
    never: ["M2 24h86"],
  }[state] ?? ["M2 24h86"];
  return el("div", { class: `thread ${state}` },
    el("span", { class: "thread-what" }, what),
    svg("svg", { viewBox: "0 0 90 48", "aria-hidden": "true" }, strands.map((d) => svg("path", { d }))),
    el("span", { class: "thread-state" }, el("span", { "aria-hidden": "true" }, `${sign} `), words));
}

function chips(page) {
  // Not to be seen yet.
  if (page.headers === null) return null;
  const policies = policiesOf(page.headers);
  const rest = linesOf(page.headers).length - policies.length;
  return el("ul", { class: "chips" },
    policies.map(([name, value]) => el("li", null, el("b", null, name), " ", el("code", null, value))),
    policies.some(([name]) => name === "COOP") || !roleOf(page) ? null : el("li", { class: "none" }, "no COOP"),
    rest > 0 ? el("li", { class: "none" }, `${rest} other ${rest === 1 ? "line" : "lines"}`) : null);
}

/** What fetches and resources came to: [{ what, name, value }]. */
const outcomesOf = (facts) => Object.entries(facts).flatMap(([name, value]) => {
  const found = /^(.*)\.(result|loading|performed)$/.exec(name);
  return found && value !== null ? [{ name: found[1], what: { result: "fetch", loading: "resource", performed: "the server acted" }[found[2]], value: String(value) }] : [];
});

/** A window with its address, what it does and what its response says. */
export function windowDrawing(page, note) {
  const button = page.button ?? roleOf(page)?.button;
  return el("div", { class: `window ${page.serve ?? "page"}` },
    el("div", { class: "bar" }, el("span", { class: "dots", "aria-hidden": "true" }), el("code", null, page.page)),
    el("div", { class: "inside" },
      el("p", null, roleWords(page)),
      button ? el("span", { class: "mock", "aria-hidden": "true" }, button) : null,
      chips(page),
      note ? el("p", { class: "says" }, note) : null));
}

const hop = (page) => el("div", { class: "hop" }, el("code", null, page.page),
  el("span", { class: "quiet" }, roleWords(page)), chips(page));

/** What each popup is said to show: [{ name, documents: [[page, state]] }], from facts by name. */
function popupsOf(facts) {
  return Object.entries(facts).filter(([name]) => name.endsWith(".journey")).flatMap(([name, value]) => {
    const documents = [value].flat().map((text) => String(text).split(" ")).filter(([, state]) => state in LINKS);
    return documents.length ? [{ name: name.slice(0, -".journey".length), documents }] : [];
  }).sort((a, b) => b.documents.length - a.documents.length);
}

const IN_POPUP = ["authorize", "payment", "sso", "dashboard", "callback"];

/** Whether a login by popup is to be expected: not where something is said of other windows, and there is none. */
const wanted = (facts) => Object.keys(facts).length === 0 || Object.keys(facts).some((name) => name.endsWith(".opener"));

/** The popup that is to be expected where nothing is predicted: what pages are there for. */
function expected(pages) {
  if (!pages.some((page) => page.serve === "app")) return [];
  const documents = IN_POPUP.flatMap((serve) => pages.filter((page) => page.serve === serve)).map((page) => [page.page, "unknown"]);
  return documents.length ? [{ name: "", documents }] : [];
}

/**
 * The stage: `pages` of the variant, `facts` by name as predicted or observed, `source` in words.
 * `opened` maps a popup to the page that opened it, where that was seen.
 */
export function stage(pages, facts, source, opened = {}) {
  const signsIn = pages.some((page) => page.serve === "authorize");
  const of = new Map(pages.map((page) => [page.page, page.serve === "app" && signsIn ? { ...page, button: "Sign in" } : page]));
  const told = popupsOf(facts);
  const isMain = ({ documents }) => documents.some(([page]) => IN_POPUP.includes(of.get(page)?.serve));
  told.sort((one, other) => isMain(other) - isMain(one));
  // A journey that nothing is said of is drawn all the same.
  const popups = told.some(isMain) || !wanted(facts) ? told : [...expected(pages), ...told];
  const inPopup = new Set(popups.flatMap((popup) => popup.documents.map(([page]) => page)));
  const drawn = new Set();
  const take = (name) => {
    drawn.add(name);
    return of.get(name) ?? { page: name, serve: "page", headers: "" };
  };
  const windows = pages.filter((page) => roleOf(page) && !roleOf(page).hop);
  const openers = windows.filter((page) => !inPopup.has(page.page));
  const first = windows.find((page) => page.serve === "app") ?? openers[0];
  // A provider that asks nothing sends the browser on, too.
  const passed = (page) => popups.length > 0 && page.serve === "authorize" && !inPopup.has(page.page);
  const hops = pages.filter((page) => roleOf(page)?.hop || passed(page));
  const rows = popups.map(({ name, documents }, number) => {
    const parts = [];
    const opener = opened[name] ?? (number === 0 && (popups.length === 1 || isMain(popups[0])) ? first?.page : null);
    if (opener) parts.push(windowDrawing(take(opener), name === "" ? null : `its handle: ${facts[`${name}.handle`] ?? "?"}`));
    documents.forEach(([page, state], at) => {
      parts.push(thread(state, at === 0 ? "opens" : "goes on to"));
      if (at === 0 && number === 0) hops.forEach((one) => parts.push(hop({ ...take(one.page), serve: "redirect" })));
      parts.push(windowDrawing(take(page), state === "unknown" ? null : `window.opener: ${state === "connected" ? "the app" : "null"}`));
    });
    return el("div", { class: "row", role: "group", "aria-label": `The window ${name}` }, parts);
  });
  const others = windows.filter((page) => !drawn.has(page.page));
  const ends = pages.filter((page) => !roleOf(page) && !drawn.has(page.page));
  const outcomes = outcomesOf(facts);
  const beside = popups.length ? [...ends, ...others] : ends;
  return el("figure", { class: "stage" },
    rows,
    others.length && popups.length === 0 ? el("div", { class: "row others" }, hops.map(hop), others.map((page) => windowDrawing(of.get(page.page), others.length === 1 && facts["main.isolated"] ? `crossOriginIsolated: ${facts["main.isolated"]}` : null))) : null,
    beside.length ? el("ul", { class: "ends" }, beside.map((page) => el("li", null,
      el("code", null, bare(page.page)), " ", el("span", { class: "quiet" }, roleWords(page)), chips(page)))) : null,
    outcomes.length ? el("ul", { class: "outcomes" }, outcomes.map(({ what, name, value }) => el("li", null,
      el("span", { class: "quiet" }, `${what} `), el("code", null, name), " ",
      el("b", { class: /^(readable|loaded)$/.test(value) ? "on" : /^(blocked|failed)$/.test(value) ? "off" : null }, what === "the server acted" ? `${value} times` : value)))) : null,
    el("figcaption", { class: "quiet" }, source));
}
