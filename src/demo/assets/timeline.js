// The timeline: a lane for each window, time from top to bottom, and in words beside it what happened.
//
// The words are a list; the drawing beside it is made to fit, so it can be read aloud and on a telephone.

import { el, svg, show, prose, siteOf } from "./base.js";

const seconds = (ms) => `${(ms / 1000).toFixed(2)} s`;

/** A result that was taken: what came of handing it on, in one word. */
const isGood = (outcome) => /^(accepted|delivered|sent|context-received|received)/.test(outcome);

/** What each kind of event is as a row; `lane` finds one by its name, `on` is that of the moment, `own` the lane itself. */
const KINDS = {
  answered: ({ method, page, answer }) => ({ kind: "request", on: -1, words: [`${method} \`${page}\` → ${answer}`] }),
  cut: (event, { own }) => {
    own.torn = true;
    return null;
  },
  shows: ({ page }, { own, who }) => {
    const torn = own?.torn ?? false;
    if (own) Object.assign(own, { torn: false, site: siteOf(page) });
    return { kind: "show", site: siteOf(page), torn, words: [`${who} shows \`${page}\``],
      marks: torn ? [["torn", "Another browsing context group: the link to the opener is cut"]] : [] };
  },
  restored: ({ page }, { own, who }) => {
    if (own) own.site = siteOf(page);
    return { kind: "show", site: siteOf(page), words: [`${who} shows \`${page}\` again, from history`] };
  },
  opens: ({ popup, handle }, { lanes, window, who, lane }) => {
    const to = popup ? lane(popup) : lanes.findIndex((one) => one.from === window && one.opened === undefined);
    if (to >= 0) lanes[to].opened = handle === "handle";
    const gives = { handle: "; `window.open` gives a handle", null: "; `window.open` gives null" }[handle] ?? " by a link or form, which gives no handle";
    return { kind: "open", to, words: [`${who} opens \`${popup ?? lanes[to]?.name ?? "a popup"}\`${gives}`] };
  },
  message: ({ message, from, verdict }, { lanes, on, who }) => {
    const outcome = verdict ?? "delivered";
    const good = isGood(outcome);
    return { kind: "message", from: lanes.findLastIndex((one, i) => i !== on && one.site === from), good,
      words: [`\`${message}\` from ${from} reaches ${who}: `], marks: [[good ? "good" : "bad", outcome]] };
  },
  sends: ({ message, to, outcome }, { who }) => {
    const good = isGood(outcome);
    return { kind: "return", good, to: -1, words: [`${who} sends \`${message}\` to ${to}: `], marks: [[good ? "good" : "bad", outcome.replaceAll("-", " ")]] };
  },
  returns: ({ via, outcome }, { own, who, lane }) => {
    const good = isGood(outcome);
    return { kind: "return", good, to: via.startsWith("opener") ? lane(own?.from) : -1,
      words: [`${who} returns by ${via}: `], marks: [[good ? "good" : "bad", outcome.replaceAll("-", " ")]] };
  },
  "reads-closed": ({ popup }, { who, lane }) => ({ kind: "closed", of: lane(popup), words: [`${who} reads \`${popup}.closed\`: true.`] }),
  login: ({ outcome, detail }, { lanes, window, who }) => {
    const good = outcome === "completed";
    // Such a client polls `closed`, and believes it.
    const of = outcome === "cancelled" ? lanes.findIndex((one) => one.from === window) : undefined;
    return { kind: "login", good, of, words: [`${who}: login `], marks: [[good ? "good" : "bad", outcome]], after: detail ? ` (\`${detail}\`)` : null };
  },
  "script-error": ({ message }, { who }) => ({ kind: "error", words: [`${who}: `], marks: [["bad", `script error: ${message}`]] }),
};

/** The moments of a unit as rows for the list and the drawing: { rows, lanes }. */
export function read(unit) {
  const lanes = (unit.windows ?? []).map((window) => ({ name: window.name, from: window["opened-from"], frame: window.frame, site: null }));
  const lane = (name) => lanes.findIndex((one) => one.name === name);
  const rows = [];
  for (const { "at-ms": at, window, what, event } of unit.timeline ?? []) {
    const on = lane(window);
    const who = window ? `\`${window}\`` : "the server";
    const make = KINDS[event.kind] ?? (() => ({ kind: "plain", words: [`${who}: ${what.replaceAll("-", " ")}`] }));
    const row = make(event, { lanes, lane, window, on, own: lanes[on], who });
    if (row) rows.push({ at, on, marks: [], ...row });
  }
  beliefs(rows, lanes, unit.facts ?? {});
  return { rows, lanes };
}

/** From which row to which an opener believes a popup to be open, and it is. */
function beliefs(rows, lanes, facts) {
  lanes.forEach((lane, number) => {
    if (!lane.from || lane.frame) return;
    const opened = rows.findIndex((row) => row.kind === "open" && row.to === number);
    const first = rows.findIndex((row) => row.on === number);
    lane.begins = opened >= 0 ? opened : first;
    lane.flips = rows.findIndex((row) => row.of === number);
    const last = rows.findLastIndex((row) => row.on === number);
    const gone = facts[`${lane.name}.open`] === "no";
    // A window whose link is cut reads closed whatever becomes of it: nobody told when it really was.
    const cut = rows.findIndex((row) => row.on === number && row.torn);
    const liedTo = cut >= 0 && cut < lane.flips;
    lane.ends = gone && !liedTo ? Math.max(last, lane.flips) : -1;
    if (lane.flips < 0) return;
    const lie = !gone || lane.flips < last || liedTo;
    rows.filter((row) => row.of === number).forEach((row) => {
      if (row.kind === "closed" || !rows.some((one) => one.of === number && one.kind === "closed")) {
        row.marks.push(lie ? ["lie", gone && lane.flips >= last ? "Its link is cut: this says nothing of the window" : "The window is still open"] : ["good", "And it is closed"]);
      }
    });
  });
}

const BEAT = 12;

function draw(drawing, list, { rows, lanes }) {
  const width = list.clientWidth;
  const lane = width < 560 ? Math.max(34, Math.min(58, 150 / lanes.length)) : Math.min(150, Math.max(92, 420 / lanes.length));
  const thin = lane < 92;
  const all = lane * lanes.length + 26;
  list.style.setProperty("--lanes", `${all}px`);
  const items = [...list.children];
  const height = list.scrollHeight;
  const y = items.map((item) => item.offsetTop + BEAT + 6);
  const x = (number) => (number < 0 ? all - 13 : lane * (number + 0.5));
  const sites = [...new Set(rows.filter((row) => row.site).map((row) => row.site))];
  const end = height - 4;
  const parts = [];
  const band = (number, from, to, name) => parts.push(svg("rect", { x: x(number) - 7, y: from, width: 14, height: Math.max(0, to - from), rx: 3, class: name }));
  const arrow = (from, to, at, name) => {
    const way = Math.sign(x(to) - x(from)) || 1;
    const tip = x(to) - way * 9;
    parts.push(svg("path", { d: `M${x(from) + way * 8} ${at}H${tip}M${tip - way * 7} ${at - 5}L${tip} ${at}L${tip - way * 7} ${at + 5}`, class: `arrow ${name}` }));
  };
  const cross = (cx, at) => parts.push(svg("path", { d: `M${cx - 6} ${at - 6}l12 12M${cx + 6} ${at - 6}l-12 12`, class: "cross" }));

  lanes.forEach((one, number) => {
    const label = lane < 60 ? one.name.slice(0, 6) : one.name.slice(0, 14);
    parts.push(svg("path", { d: `M${x(number) - 14} 26h28v16h-28zM${x(number) - 14} 31h28`, class: "glyph" }),
      svg("text", { x: x(number), y: 16, class: "lane-name" }, label));
    // Each document has its own band, in its site's colour.
    const shows = rows.flatMap((row, i) => (row.kind === "show" && row.on === number ? [i] : []));
    const over = one.ends >= 0 ? y[one.ends] + 8 : end;
    const from = one.begins >= 0 ? y[one.begins] : 42;
    parts.push(svg("path", { d: `M${x(number)} ${from}V${over}`, class: "line" }));
    shows.forEach((row, i) => {
      const until = shows[i + 1] === undefined ? over : y[shows[i + 1]] - 3;
      band(number, y[row] - 6, until, `document site-${sites.indexOf(rows[row].site) % 5}`);
    });
    if (one.begins >= 0) {
      // The left bar: what the opener believes. The right one: what is true.
      const flip = one.flips >= 0 ? y[one.flips] : null;
      const bar = (dx, a, b, name) => parts.push(svg("rect", { x: x(number) + dx, y: a, width: thin ? 6 : 11, height: Math.max(0, b - a), class: name }));
      if (one.opened !== false) {
        bar(thin ? 10 : 14, y[one.begins], flip ?? over, "believed");
        if (flip !== null && one.ends < 0) bar(thin ? 10 : 14, flip, over, "believed shut");
        if (flip !== null && one.ends >= 0 && flip < over) bar(thin ? 10 : 14, flip, over, "believed shut");
      }
      bar(thin ? 18 : 29, y[one.begins], over, "true");
    }
  });
  rows.forEach((row, i) => {
    const at = y[i];
    if (row.kind === "request") parts.push(svg("circle", { cx: x(-1), cy: at, r: 4, class: "request" }));
    if (row.on < 0) return;
    if (row.kind === "open" && row.to >= 0) arrow(row.on, row.to, at, "opens");
    if (row.kind === "message" && row.from >= 0) {
      arrow(row.from, row.on, at, row.good ? "message" : "message rejected");
      if (!row.good) cross((x(row.from) + x(row.on)) / 2, at);
    }
    if (row.kind === "return" && !row.good) {
      const to = row.to >= 0 ? row.to : Math.max(0, row.on - 1);
      const half = (x(row.on) + x(to)) / 2;
      parts.push(svg("path", { d: `M${x(row.on) - 8} ${at}H${half + 4}`, class: "arrow rejected" }));
      cross(half, at);
    }
    if (row.torn) {
      let d = `M${x(row.on) - 24} ${at - 9}`;
      for (let n = 0; n < 8; n += 1) d += `l6 ${n % 2 ? -7 : 7}`;
      parts.push(svg("path", { d, class: "tear-gap" }), svg("path", { d, class: "tear" }));
    }
    if (row.kind === "login") parts.push(svg("circle", { cx: x(row.on), cy: at, r: 8, class: row.good ? "end good" : "end bad" }));
    if (row.kind === "error") cross(x(row.on), at);
    if (row.kind === "plain") parts.push(svg("circle", { cx: x(row.on), cy: at, r: 4, class: "dot" }));
  });
  drawing.setAttribute("width", all);
  drawing.setAttribute("height", height);
  drawing.setAttribute("viewBox", `0 0 ${all} ${height}`);
  show(drawing, parts);
}

/** The timeline of a unit. */
export function timeline(unit) {
  const found = read(unit);
  if (found.rows.length === 0) return el("p", { class: "quiet" }, "Nothing was heard of the windows.");
  const list = el("ol", { class: "moments" }, found.rows.map((row) => el("li", { class: `is-${row.kind}` },
    el("span", { class: "when" }, seconds(row.at)),
    el("span", { class: "said" }, row.words.map(prose), row.marks.map(([kind, words]) => [" ", el("b", { class: `mark-${kind}` }, words)]),
      row.after ? prose(row.after) : null))));
  const drawing = svg("svg", { class: "lanes", "aria-hidden": "true" });
  const both = el("div", { class: "timeline" }, drawing, list);
  // Sizes are known once it is on the page, and change with the window.
  new ResizeObserver(() => draw(drawing, list, found)).observe(list);
  const popups = found.lanes.some((lane) => lane.begins >= 0);
  const main = found.lanes[0];
  return el("div", null,
    el("ul", { class: "legend" },
      main ? el("li", null, el("code", null, main.name), " is the window that you opened") : null,
      popups ? [el("li", null, el("i", { class: "key believed" }), "the opener believes: open"),
        el("li", null, el("i", { class: "key shut" }), "the opener believes: closed"),
        el("li", null, el("i", { class: "key true" }), "true: open")] : null,
      found.rows.some((row) => row.torn) ? el("li", null, el("i", { class: "key torn" }), "another browsing context group") : null,
      found.rows.some((row) => row.kind === "request") ? el("li", null, el("i", { class: "key request" }), "a request reaches the server") : null),
    both);
}
