// The playground: any headers, any relation, any way there and back.

import { el, show, settled, copyButton, valueText, ownEngine, ENGINES } from "./base.js";
import * as api from "./api.js";
import { query, remember } from "./address.js";
import { tabs } from "./tabs.js";
import { stage } from "./stage.js";
import { switches, namesFor } from "./switches.js";
import { runner } from "./run.js";
import { result, factsTable, reasons, openersOf, tone } from "./result.js";

const PLACES = [
  { key: "opener", title: "The app", words: "opens the popup", page: "app:/", serve: "app" },
  { key: "hop", title: "A redirect", words: "on the way to the provider", page: "auth:/start", serve: "redirect", optional: true },
  { key: "secondHop", title: "Another redirect", words: "behind it", page: "auth:/continue", serve: "redirect", optional: true },
  { key: "idp", title: "The provider", words: "is shown in the popup", page: "auth:/authorize", serve: "authorize" },
  { key: "callback", title: "The callback", words: "is shown in the popup at last", page: "app:/callback", serve: "callback" },
  { key: "token", title: "The token endpoint", words: "is fetched by the app", page: "auth:/token", serve: "token" },
  { key: "picture", title: "A picture", words: "of another site, in the app", page: "cdn:/picture.png", serve: "image", optional: true },
  { key: "frame", title: "A frame", words: "of another site, in the app", page: "cdn:/frame", serve: "blank", optional: true },
];

const CHOICES = {
  relation: ["Where the provider is", [["cross-site", "another site"], ["same-site", "another origin of the app's site"], ["same-origin", "the app's own origin"]]],
  how: ["How the popup opens", [["direct", "window.open(url)"], ["named", "window.open(url, name)"], ["noopener", "… with noopener"], ["noreferrer", "… with noreferrer"],
    ["blank-then-assign", "empty first, then its address"], ["link", "a link with a target"], ["link-noopener", "… with rel=noopener"]]],
  returns: ["How the result comes back", [["opener", "window.opener, if it is set"], ["opener-unguarded", "window.opener, unchecked"], ["broadcast", "BroadcastChannel"],
    ["storage", "a storage event"], ["backend", "the app asks its backend"], ["redirect", "no popup: the page goes and returns"]]],
};

const START = {
  opener: { headers: "Cross-Origin-Opener-Policy: same-origin" }, hop: null, secondHop: null, picture: null, frame: null, idp: { headers: "" }, callback: { headers: "" },
  token: { headers: "Access-Control-Allow-Origin: {app}" }, relation: "cross-site", how: "direct", returns: "opener", watchesClosed: true,
};

/** The state of an address. */
function stateOf(asked) {
  const state = structuredClone(START);
  for (const { key } of PLACES) if (asked[key] !== undefined) state[key] = { headers: asked[key] };
  for (const [key, [, values]] of Object.entries(CHOICES)) {
    if (values.some(([value]) => value === asked[key])) state[key] = asked[key];
  }
  if (asked["watches-closed"] !== undefined) state.watchesClosed = asked["watches-closed"] !== "no";
  return state;
}

function addressOf(state) {
  const places = PLACES.map(({ key }) => [key, state[key]?.headers !== START[key]?.headers ? state[key]?.headers : null]);
  const choices = Object.keys(CHOICES).map((key) => [key, state[key] === START[key] ? null : state[key]]);
  return Object.fromEntries([...places, ...choices, ["watches-closed", state.watchesClosed ? null : "no"]]);
}

function place({ key, title, words, serve, optional = false }, state, changed) {
  const inside = el("div");
  const fill = () => {
    show(inside, state[key] === null ? null : switches({ names: namesFor(serve), title, lines: state[key].headers, edited: (headers) => {
      state[key] = { headers };
      changed();
    } }));
  };
  let box = null;
  if (optional) {
    const check = el("input", { type: "checkbox", id: `has-${key}` });
    check.checked = state[key] !== null;
    check.addEventListener("change", () => {
      state[key] = check.checked ? { headers: "" } : null;
      fill();
      changed();
    });
    box = el("label", { class: "check", for: `has-${key}` }, check, "there is one");
  }
  fill();
  return el("fieldset", { class: `place place-${key}` }, el("legend", null, title, el("span", { class: "quiet" }, words)), box, inside);
}

export async function playground({ onLeave }) {
  const state = stateOf(query());
  const engine = ownEngine();
  const stageAt = el("div", { class: "stage-at" });
  const predictedAt = el("div", { class: "predicted" });
  const resultAt = el("div", { class: "result-at" });
  const liveAt = el("div", { class: "live", role: "status" });
  const faultsAt = el("div", { role: "alert" });
  const savedAt = el("div");
  let asking = null;

  const named = (page) => (state.relation === "same-origin" ? page.replace(/^auth:/, "app:") : page);
  const pages = () => PLACES.filter(({ key }) => state[key] !== null).map(({ key, page, serve }) => ({ page: named(page), serve, headers: state[key].headers }));
  const faults = (list) => show(faultsAt, list.map((one) => el("p", { class: "note bad" }, one.where ? [el("code", null, one.where), ": "] : null, one.message)));
  const values = (told) => Object.fromEntries(Object.entries(told ?? {}).map(([name, { value }]) => [name, value]));

  const run = runner({ label: "Run it in this browser", body: () => ({ playground: state }), onLeave, refused: faults,
    done: (unit) => {
      if (!unit) return;
      show(resultAt, result(unit).element);
      show(stageAt, stage(pages(), { ...values(unit.predicted), ...unit.facts }, "As your browser showed it.", openersOf(unit)));
    } });

  const predict = settled(async () => {
    asking?.abort();
    const mine = asking = new AbortController();
    try {
      const told = await api.predict({ playground: state }, mine.signal);
      if (mine !== asking) return;
      faults([]);
      const names = [...new Set(Object.values(told).flatMap((one) => Object.keys(one)))];
      const engines = Object.keys(ENGINES).filter((one) => told[one]);
      const apart = (name) => new Set(engines.map((one) => valueText(told[one][name]?.value))).size > 1;
      show(stageAt, stage(pages(), values(told[engine]), `Predicted for ${ENGINES[engine]}. Run it to see what is true.`));
      const short = ["opener", "handle", "login"].flatMap((kind) => names.filter((name) => name.endsWith(`.${kind}`)).slice(0, 1));
      show(liveAt, engines.map((one) => el("span", null, el("b", null, ENGINES[one].split(" ")[0]), " ", short.length ? null : "nothing is predicted",
        short.map((name, at) => [at ? ", " : null, el("span", { class: tone(told[one][name]?.value) }, valueText(told[one][name]?.value))]))));
      show(predictedAt, el("h2", null, "What is predicted"),
        factsTable(names, engines.map((one) => [ENGINES[one], (name) => told[one][name]?.value]), { differs: apart, apart: "not in all browsers" }),
        el("details", { class: "more" }, el("summary", null, "Why"),
          [tabs("Engines", engines.map((key) => ({ key, label: ENGINES[key] })), engine, (key, panel) => show(panel, reasons(told[key])))].map(({ list, panel }) => [list, panel])));
    } catch (error) {
      if (error.name === "AbortError") return;
      faults(error.faults?.length ? error.faults : [{ message: error.message }]);
      show(predictedAt);
      show(liveAt);
      show(stageAt, stage(pages(), {}, "Nothing can be predicted of headers that cannot be sent."));
    }
  }, 300);
  const ready = settled(() => run.prepare(), 500);
  const changed = () => {
    remember(addressOf(state));
    show(resultAt);
    show(savedAt);
    predict();
    ready();
  };

  const choice = (key) => {
    const [title, options] = CHOICES[key];
    const select = el("select", { id: `choose-${key}` }, options.map(([value, words]) => el("option", { value }, words)));
    select.value = state[key];
    select.addEventListener("change", () => {
      state[key] = select.value;
      changed();
    });
    return el("div", { class: "choice" }, el("label", { for: `choose-${key}` }, title), select);
  };
  const watches = el("input", { type: "checkbox", id: "watches" });
  watches.checked = state.watchesClosed;
  watches.addEventListener("change", () => {
    state.watchesClosed = watches.checked;
    changed();
  });

  const save = el("button", { type: "button", class: "plain" }, "Save as scenario");
  save.addEventListener("click", async () => {
    try {
      const yaml = await api.scenario(state);
      const address = URL.createObjectURL(new Blob([yaml], { type: "text/yaml" }));
      onLeave(() => URL.revokeObjectURL(address));
      const heading = el("h2", { tabindex: "-1" }, "The scenario file");
      show(savedAt, heading, el("p", null, "Put it into the folder ", el("code", null, "scenarios"), " and ", el("code", null, "coopwright run"), " tests it in every browser that you have. The first time there is nothing to compare with: ", el("code", null, "coopwright run --update-snapshots"), " takes what it sees as what is to be."),
        el("div", { class: "code-head" }, el("a", { class: "plain small", href: address, download: "playground.yaml" }, "Download"), copyButton("Copy", () => yaml)),
        el("pre", { tabindex: "0" }, el("code", null, yaml)));
      heading.focus();
    } catch (error) {
      faults(error.faults?.length ? error.faults : [{ message: error.message }]);
    }
  });

  show(stageAt, stage(pages(), {}, "Asking the model …"));
  predict();
  run.prepare();
  return {
    title: "Playground",
    body: [
      el("h1", null, "Playground"),
      el("p", { class: "lead" }, "A login by popup with any headers that you like. What three browsers will do is said as you type; what yours does, you can see."),
      stageAt,
      el("div", { class: "act" }, run.element),
      faultsAt,
      el("div", { class: "ways" }, Object.keys(CHOICES).map(choice),
        el("label", { class: "check", for: "watches" }, watches, el("span", null, "The app takes ", el("code", null, "popup.closed"), " for “cancelled”"))),
      el("div", { class: "places" }, PLACES.map((one) => place(one, state, changed))),
      el("p", { class: "share" }, save, copyButton("Copy a link to exactly this", () => location.href)),
      savedAt, resultAt, predictedAt, liveAt,
    ],
  };
}
