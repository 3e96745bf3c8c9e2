// What happened in a unit, as a sequence diagram: a lane for each window, time from top to bottom. It is a
// list of sentences, read in order, and the lanes beside them are drawn for the eye.

/** A sentence's word for how something went. */
const flag = (kind, text) => el("b", { class: `flag ${kind}` }, text);

const isGood = (outcome) => /^(accepted|delivered|sent|received|context-received)/.test(outcome);
const spaced = (text) => text.replaceAll("-", " ");
const siteOf = (page) => page.split(":")[0];
const named = (name) => el("code", null, name);

/** What `window.open` gave, in words. */
const GIVES = {
  handle: "; window.open gives a handle",
  null: "; window.open gives null",
  none: ", which gives no handle",
};

/**
 * What each kind of event is as a row: { mark, words, … }. `to` and `from` are lanes at the other end of an arrow;
 * `good` says whether it gets there.
 */
const ROWS = {
  answered: ({ method, page, answer }, { who, on, deciding }) => ({
    mark: on < 0 ? "outside" : deciding ? "hop deciding" : "hop",
    words: [who, " asks: ", `${method} `, named(page), " → ", el("b", null, answer), deciding ? [" ", el("span", { class: "tag" }, "decided")] : null],
  }),
  cut: ({ from }, { who, lane }) => ({
    mark: "cut", to: lane(from),
    words: [who, " is in another browsing context group: ", flag("bad", "link cut"), " to ", named(from)],
  }),
  shows: ({ page, opener }, { who }) => ({
    mark: "shows", site: siteOf(page),
    words: [who, " shows ", named(page), opener ? [", opener ", flag(opener === "connected" ? "good" : "off", opener)] : null],
  }),
  restored: ({ page }, { who }) => ({ mark: "shows", site: siteOf(page), words: [who, " shows ", named(page), " again, from history"] }),
  embeds: ({ page }, { who }) => ({ mark: "dot", words: [who, " embeds ", named(page)] }),
  opens: ({ popup, how, handle }, { who, lane }) => ({
    mark: "opens", to: popup === null ? -1 : lane(popup), good: true,
    words: [who, " opens ", popup === null ? "a popup" : named(popup), how ? ` (${how})` : "", GIVES[handle] ?? ""],
  }),
  sends: ({ message, to, outcome }, { who, lane, own }) => ({
    mark: "sends", to: isGood(outcome) ? -1 : lane(to === "opener" ? own?.from : to), good: isGood(outcome),
    words: [who, " sends ", named(message), " to ", named(to), ": ", flag(isGood(outcome) ? "good" : "bad", spaced(outcome))],
  }),
  message: ({ message, from, verdict }, { who, sender }) => {
    const outcome = verdict ?? "delivered";
    return { mark: "message", from: sender(from), good: isGood(outcome),
      words: [named(message), " from ", from, " reaches ", who, ": ", flag(isGood(outcome) ? "good" : "bad", outcome)] };
  },
  returns: ({ via, outcome }, { who, lane, own }) => ({
    mark: "sends", good: isGood(outcome), to: !isGood(outcome) && via.startsWith("opener") ? lane(own?.from) : -1,
    words: [who, ` returns by ${via}: `, flag(isGood(outcome) ? "good" : "bad", spaced(outcome))],
  }),
  result: ({ verdict }, { who }) => ({ mark: "dot", words: [who, " gets a result: ", flag(isGood(verdict) ? "good" : "bad", verdict)] }),
  "reads-closed": ({ popup }, { who, lane, isOpen }) => ({
    mark: "reads", of: lane(popup),
    words: [who, " reads ", named(`${popup}.closed`), ": true, and the window is ", isOpen(popup) ? flag("bad", "still open") : flag("good", "closed")],
  }),
  login: ({ outcome, detail }, { who }) => ({
    mark: outcome === "completed" ? "end good" : "end bad",
    words: [who, ": login ", flag(outcome === "completed" ? "good" : "bad", outcome), detail ? [", ", detail] : null],
  }),
  closed: ({ user }, { who }) => ({ mark: "closed", words: [who, user ? " is closed by the user" : " is closed"] }),
  "script-error": ({ message }, { who }) => ({ mark: "error", words: [who, ": ", flag("bad", "script error"), " ", message] }),
  notes: ({ note }, { who }) => ({ mark: "dot", words: [who, ": ", spaced(note)] }),
};

/** The moments of a column as rows, and its lanes with what is known of each. */
function flowRows(column) {
  const moments = momentsOf(column);
  const lanes = windowsAt(column.windows).map((window) => ({ ...window, site: null }));
  const lane = (name) => lanes.findIndex((one) => one.name === name);
  const facts = new Map(factsAt(column.facts).map(({ name, observed }) => [name, observed]));
  const closes = new Set(moments.filter(({ event }) => event.kind === "closed").map(({ window }) => window));
  const isOpen = (name) => !closes.has(name) && facts.get(`${name}.open`) !== "no";
  const rows = moments.map(({ at, window, event, deciding }) => {
    const on = window === null ? -1 : lane(window);
    const sender = (site) => lanes.findLastIndex((one, number) => number !== on && one.site === site);
    const who = window === null ? (lanes.length === 1 ? named(lanes[0].name) : "a page") : named(window);
    const make = ROWS[event.kind] ?? (() => ({ mark: "dot", words: [who, ": ", spaced(event.kind)] }));
    const row = { at, on, to: -1, from: -1, of: -1, good: true, ...make(event, { who, on, own: lanes[on], lane, sender, isOpen, deciding }) };
    if (row.site && on >= 0) lanes[on].site = row.site;
    return row;
  });
  lanes.forEach((one, number) => {
    const first = rows.findIndex((row) => row.on === number || (row.mark === "opens" && row.to === number));
    const last = rows.findIndex((row) => row.on === number && row.mark === "closed");
    Object.assign(one, { begins: first, ends: last, lies: isOpen(one.name) ? rows.findIndex((row) => row.of === number) : -1 });
  });
  return { rows, lanes, outside: rows.some((row) => row.mark === "outside") };
}

/** The lanes at one row: who is there, what it shows, and an arrow between two. */
function laneCells({ rows, lanes, outside }, number, shown, sites) {
  const row = rows[number];
  const cells = lanes.map((lane, at) => {
    const isBorn = lane.begins === number;
    const is = lane.begins >= 0 && number >= lane.begins && (lane.ends < 0 || number <= lane.ends);
    const site = shown[at] === null ? "" : `site-${sites.indexOf(shown[at]) % 5}`;
    const kinds = ["lane", is ? "is" : "", isBorn ? "born" : "", lane.ends === number ? "gone" : "", site, row.on === at ? `at ${row.mark}` : "",
      lane.lies >= 0 && number >= lane.lies ? "lie" : "", lane.lies === number ? "begins" : ""];
    return el("span", { class: kinds.filter(Boolean).join(" ") }, el("i"));
  });
  if (outside) cells.push(el("span", { class: row.mark === "outside" ? "lane at outside" : "lane" }, el("i")));
  // An arrow shares the cells of the lanes that it crosses, so every cell says where it is.
  cells.forEach((cell, at) => cell.style.setProperty("grid-column", String(at + 1)));
  const [from, to] = row.from >= 0 ? [row.from, row.on] : [row.on, row.mark === "reads" ? row.of : row.to];
  if (from >= 0 && to >= 0 && from !== to) {
    const arrow = el("span", { class: `arrow ${row.mark.split(" ")[0]} ${to > from ? "right" : "left"} ${row.good ? "good" : "bad"}` });
    arrow.style.setProperty("grid-column", `${Math.min(from, to) + 1} / ${Math.max(from, to) + 2}`);
    cells.push(arrow);
  }
  return el("span", { class: "lanes", "aria-hidden": "true" }, cells);
}

/** The diagram of one column; null where nothing is known. */
function flowOf(column) {
  const flow = flowRows(column);
  if (flow.rows.length === 0) return null;
  const sites = [...new Set(flow.rows.map((row) => row.site).filter(Boolean))];
  const shown = flow.lanes.map(() => null);
  const items = flow.rows.map((row, number) => {
    if (row.site && row.on >= 0) shown[row.on] = row.site;
    if (row.mark === "closed" && row.on >= 0) shown[row.on] = null;
    return el("li", { class: `is-${row.mark.split(" ")[0]}` }, laneCells(flow, number, shown, sites),
      el("span", { class: "said" }, row.words), el("span", { class: "when" }, `${row.at} ms`));
  });
  const heads = el("div", { class: "lanes heads", "aria-hidden": "true" }, flow.lanes.map(({ name, frame }) =>
    el("span", { class: frame ? "lane frame" : "lane", title: frame ? `${name}, a frame` : name }, name)),
    flow.outside ? el("span", { class: "lane frame", title: "requests that bring no document" }, "other") : null);
  const legend = [
    flow.rows.some((row) => row.mark.startsWith("hop")) ? ["key hop", "response on the way"] : null,
    flow.rows.some((row) => row.mark === "hop deciding") ? ["key hop deciding", "the one that decided"] : null,
    flow.rows.some((row) => row.mark === "cut") ? ["key cut", "context group switch"] : null,
    flow.lanes.some((lane) => lane.lies >= 0) ? ["key lie", "closed reads true, the window is open"] : null,
  ].filter(Boolean);
  const box = el("div", { class: "flow" }, heads, el("ol", { "aria-label": "What happened, in order" }, items),
    el("ul", { class: "flow-legend", "aria-hidden": "true" },
      sites.map((site, at) => el("li", null, el("i", { class: `key site-${at % 5}` }), site)),
      legend.map(([kind, text]) => el("li", null, el("i", { class: kind }), text))));
  box.style.setProperty("--lanes", String(flow.lanes.length + (flow.outside ? 1 : 0)));
  return box;
}

/** The diagrams of several browsers: those that are the same once. */
function flowsOf(columns) {
  const untimed = (column) => [column.windows, column.moments.map(({ is }) => is), column.facts];
  const groups = grouped(columns, (column) => (column.moments.length > 0 ? column : null), untimed);
  return groups.map(({ value, numbers }) => [
    isOfAll(numbers, columns) ? null : whose(numbers), flowOf(value),
    many && numbers.length > 1 ? el("p", { class: "quiet times" }, `Times are those of ${nameOf(numbers[0])}.`) : null,
  ]);
}
