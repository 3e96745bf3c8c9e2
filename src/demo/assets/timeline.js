// The timeline: a lane for each window, time from top to bottom, and in words beside it what happened.
//
// The words are a list; the drawing beside it is made to fit, so it can be read aloud and on a telephone.

import { el, svg, show, prose, siteOf, bare } from "./base.js";

const seconds = (ms) => `${(ms / 1000).toFixed(2)} s`;

/** The moments of a unit as rows for the list and the drawing: { rows, lanes }. */
export function read(unit) {
  const lanes = (unit.windows ?? []).map((window) => ({
    name: window.name, from: window["opened-from"], frame: window.frame, documents: window.documents, at: -1, site: null,
  }));
  const lane = (name) => lanes.findIndex((one) => one.name === name);
  const rows = [];
  const moments = unit.timeline ?? [];
  const judged = new Set();
  moments.forEach(({ "at-ms": at, window, what }, number) => {
    if (judged.has(number)) return;
    const on = lane(window);
    const row = { at, on, kind: "plain", words: [], marks: [] };
    const who = window ? `\`${window}\`` : "the server";
    let found;
    if ((found = /^shows (.*)$/.exec(what)) && on >= 0) {
      const own = lanes[on];
      const next = own.documents.findIndex((one, i) => i > own.at && bare(one.page) === bare(found[1]));
      const before = own.documents[own.at];
      if (next >= 0) own.at = next;
      const now = own.documents[next];
      own.site = siteOf(found[1]);
      row.kind = "show";
      row.site = own.site;
      row.torn = now?.opener === "severed" && before?.opener !== "severed";
      row.words = [`${who} shows \`${found[1]}\``];
      if (row.torn) row.marks.push(["torn", "Another browsing context group: the link to the opener is cut"]);
    } else if ((found = /^opens (?:(\S+)|a popup) \((?:.*; )?window\.open gave (\w+)\)$/.exec(what)) && on >= 0) {
      const to = found[1] ? lane(found[1]) : lanes.findIndex((one) => one.from === window && one.opened === undefined);
      row.kind = "open";
      row.to = to;
      row.handle = found[2] === "handle";
      if (to >= 0) lanes[to].opened = row.handle;
      const gives = { handle: "; `window.open` gives a handle", null: "; `window.open` gives null" }[found[2]] ?? " by a link or form, which gives no handle";
      row.words = [`${who} opens \`${found[1] ?? lanes[to]?.name ?? "a popup"}\`${gives}`];
    } else if ((found = /^message `(.*)` from (.*)$/.exec(what)) && on >= 0) {
      const site = found[2].replace(/[{}]/g, "");
      const after = moments.findIndex((one, i) => i > number && !judged.has(i) && one.window === window && /^message [a-z]/.test(one.what));
      const verdict = after >= 0 ? moments[after].what.slice("message ".length) : "delivered";
      if (after >= 0) judged.add(after);
      row.kind = "message";
      row.from = lanes.findLastIndex((one, i) => i !== on && one.site === site);
      row.good = /^(accepted|delivered)/.test(verdict);
      row.words = [`\`${found[1]}\` from ${site} reaches ${who}: `];
      row.marks.push([row.good ? "good" : "bad", verdict]);
    } else if ((found = /^(?:returns by (\S+)|sends `(.*)` to (\S+)): (.*)$/.exec(what)) && on >= 0) {
      row.kind = "return";
      row.good = /^(sent|context-received|received)/.test(found[4]);
      row.to = found[1]?.startsWith("opener") ? lane(lanes[on].from) : -1;
      const way = found[1] ? `returns by ${found[1]}` : `sends \`${found[2]}\` to ${found[3]}`;
      row.words = [`${who} ${way}: `];
      row.marks.push([row.good ? "good" : "bad", found[4].replaceAll("-", " ")]);
    } else if ((found = /^sees (\S+)\.closed become true$/.exec(what))) {
      row.kind = "closed";
      row.of = lane(found[1]);
      row.words = [`${who} reads \`${found[1]}.closed\`: true.`];
    } else if ((found = /^login (\w+)(?:: (.*))?$/.exec(what))) {
      row.kind = "login";
      row.good = found[1] === "completed";
      if (/popup\.closed reads true/.test(what)) row.of = lanes.findIndex((one) => one.from === window);
      row.words = [`${who}: login `];
      row.marks.push([row.good ? "good" : "bad", found[1]]);
      if (found[2]) row.words.push(` (\`${found[2]}\`)`);
    } else if ((found = /^([A-Z]+) (\S+) → (\d+)$/.exec(what)) && on < 0) {
      row.kind = "request";
      row.words = [`${found[1]} \`${found[2]}\` → ${found[3]}`];
    } else if (/^script error/.test(what)) {
      row.kind = "error";
      row.words = [`${who}: `];
      row.marks.push(["bad", what]);
    } else {
      row.words = [`${who}: ${what.replaceAll("-", " ")}`];
    }
    rows.push(row);
  });
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
    el("span", { class: "said" }, row.words.map(prose), row.marks.map(([kind, words]) => [" ", el("b", { class: `mark-${kind}` }, words)])))));
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
