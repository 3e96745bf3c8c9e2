// Switches: the policies of a response as choices, and its raw lines for everything else.

import { el, show, newId } from "./base.js";

const COOP = "Cross-Origin-Opener-Policy";
const COEP = "Cross-Origin-Embedder-Policy";
const CORP = "Cross-Origin-Resource-Policy";
const ACAO = "Access-Control-Allow-Origin";
const DIP = "Document-Isolation-Policy";

/** The headers that can be chosen, with their values. */
const COMMON = {
  [COOP]: ["unsafe-none", "same-origin-allow-popups", "same-origin", "noopener-allow-popups"],
  [COEP]: ["unsafe-none", "require-corp", "credentialless"],
  [CORP]: ["same-origin", "same-site", "cross-origin"],
  [ACAO]: ["{app}", "*", "null"],
  [DIP]: ["isolate-and-require-corp", "isolate-and-credentialless"],
};

const FETCHED = ["token", "json", "action", "login-record"];
const LOADED = ["image", "script", "style", "worker"];

/** The headers that matter for a page, by how it is served. */
export function namesFor(serve) {
  if (FETCHED.includes(serve)) return [ACAO, CORP, COOP];
  if (LOADED.includes(serve)) return [CORP, ACAO];
  if (serve === "redirect") return [COOP];
  return serve === "app" ? [COOP, COEP, DIP] : [COOP, COEP];
}

const nameOf = (line) => line.split(":")[0].trim().toLowerCase();

/** The value of a header in raw lines: null where it is not there, undefined where it is there more than once. */
function chosen(lines, name) {
  const found = lines.split("\n").filter((line) => nameOf(line) === name.toLowerCase());
  if (found.length > 1) return undefined;
  return found.length ? found[0].slice(found[0].indexOf(":") + 1).trim() : null;
}

/** Raw lines with the header set to a value, or without it. */
function put(lines, name, value) {
  const kept = lines.split("\n").filter((line) => line.trim() && nameOf(line) !== name.toLowerCase());
  return (value === null ? kept : [`${name}: ${value}`, ...kept]).join("\n");
}

/** The switches of a response with these lines; `edited` gets the new ones. `title` names it for those who do not see. */
export function switches({ names, title, lines, edited }) {
  let now = lines;
  const area = el("textarea", { rows: "2", spellcheck: "false", autocapitalize: "off", autocomplete: "off", "aria-label": `${title}: raw header lines` });
  const choices = names.map((name) => {
    const id = newId("switch");
    const select = el("select", { id });
    const usual = [...COMMON[name]];
    // What the page has in the beginning is one of the choices.
    const first = chosen(lines, name);
    if (first && !usual.includes(first)) usual.unshift(first);
    select.addEventListener("change", () => {
      if (select.value === "own") return;
      set(put(now, name, select.value === "" ? null : select.value));
      edited(now);
    });
    return { name, select, usual, element: el("div", { class: "choice" }, el("label", { for: id }, name, el("span", { class: "unseen-text" }, ` of ${title}`)), select) };
  });
  const set = (text) => {
    now = text;
    if (area.value !== text) area.value = text;
    area.rows = Math.max(2, text.split("\n").length);
    for (const { name, select, usual } of choices) {
      const value = chosen(text, name);
      const known = value === null || usual.includes(value);
      show(select, el("option", { value: "" }, "not sent"), usual.map((one) => el("option", { value: one }, one)),
        known ? null : el("option", { value: "own" }, value === undefined ? "more than once" : `as written: ${value}`));
      select.value = known ? value ?? "" : "own";
    }
  };
  area.addEventListener("input", () => {
    set(area.value);
    edited(now);
  });
  set(lines);
  const raw = el("details", { class: "raw-lines" }, el("summary", null, "Raw lines", el("span", { class: "unseen-text" }, ` of ${title}`)), area);
  // What no switch shows is not hidden.
  raw.open = lines.split("\n").some((line) => line.trim() && !names.some((name) => nameOf(line) === name.toLowerCase()))
    || names.some((name) => chosen(lines, name) === undefined);
  return el("div", { class: "switches" }, el("div", null, choices.map(({ element }) => element)), raw);
}
