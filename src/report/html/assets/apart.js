// In which cells browsers differ, and whether that is explained.
//
// The first browser that tested a cell is what the others are held against. One that shows something else
// may lack a feature, may do what is known of it (the model, which knows its ways, foretold it), or may do
// something that nothing explains.

const isTested = (cell) => cell !== null && cell.error === null && factsAt(cell.facts).length > 0;

/**
 * For each cell { base, states }: the browser that the others are held against, and for each browser
 * "same", "lacks", "known", "unknown", or null where it was not tested. `columns` has a list of cells for
 * each browser, or null; `reasons` what is known of each.
 */
function apartIn(columns, reasons) {
  const size = Math.max(...columns.map((cells) => cells?.length ?? 0));
  return Array.from({ length: size }, (_, at) => {
    const cells = columns.map((column) => column?.[at] ?? null);
    const base = cells.findIndex(isTested);
    const states = cells.map((cell, number) => {
      if (!isTested(cell)) return null;
      if (shownBy(cell.facts) === shownBy(cells[base].facts)) return "same";
      if (cell.lacks.length > 0 || cells[base].lacks.length > 0) return "lacks";
      return isForetold(cells[base].facts, cell.facts, reasons[number].length > 0) ? "known" : "unknown";
    });
    return { base, states };
  });
}

/** Whether the model, knowing both browsers, says of every fact that is not alike what each shows. */
function isForetold(one, other, hasReasons) {
  const find = (id, name) => factsAt(id).find((fact) => fact.name === name);
  return namesApart(one, other).every((name) => {
    const both = [find(one, name), find(other, name)];
    if (both.some((fact) => !fact || fact.predicted === null)) return hasReasons;
    return !both.some(deviates);
  });
}

const differs = (state) => state !== null && state !== "same";

/** How a state is said, and its sign: the browser's initial, small where it lacks a feature. */
const STATES = {
  known: { words: "differs", sign: (letter) => letter.toUpperCase() },
  lacks: { words: "lacks a feature", sign: (letter) => letter.toLowerCase() },
  unknown: { words: "differs, unexplained", sign: (letter) => `${letter.toUpperCase()}!` },
};

/** Families for browsers that differ, alone or together; not that of what is the same. */
const APART_FAMILIES = [1, 3, 4, 0, 5];

/** Cells as outcomes by who differs: the same shape as that of `outcomesOf`. */
function differenceOutcomes(apart) {
  const byKey = new Map();
  const of = apart.map(({ states }) => {
    const tested = states.filter((state) => state !== null).length;
    const key = tested < 2 ? "untested" : JSON.stringify(states.map((state) => (differs(state) ? state : null)));
    if (!byKey.has(key)) byKey.set(key, { key, count: 0 });
    byKey.get(key).count += 1;
    return byKey.get(key);
  });
  const sets = [];
  const list = [...byKey.values()];
  list.sort((a, b) => b.count - a.count || (a.key < b.key ? -1 : 1));
  for (const outcome of list) Object.assign(outcome, { values: [], kind: "seen" }, apartLook(outcome.key, sets));
  list.sort((a, b) => a.rank - b.rank || b.count - a.count);
  return { list, of };
}

/** Colour, sign and words of an outcome; `sets` of browsers that differ take families in turn. */
function apartLook(key, sets) {
  const fill = (number, light) => ({ hue: FAMILIES[number].hue, chroma: FAMILIES[number].chroma, light });
  if (key === "untested") {
    return { kind: "unseen", sign: "?", rank: 99, parts: [["", "tested in fewer than two browsers"]] };
  }
  const states = JSON.parse(key).map((state, number) => ({ state, number })).filter(({ state }) => state);
  if (states.length === 0) return { kind: "same", sign: "·", rank: 0, parts: [["", "the same in all browsers"]] };
  const set = states.map(({ number }) => number).join();
  if (!sets.includes(set)) sets.push(set);
  const place = sets.indexOf(set);
  const lacking = states.every(({ state }) => state === "lacks");
  const unknown = states.some(({ state }) => state === "unknown");
  return {
    ...fill(APART_FAMILIES[place % APART_FAMILIES.length], unknown ? 0.55 : lacking ? 0.83 : 0.7),
    sign: states.map(({ state, number }) => STATES[state].sign(letterOf(number))).join(""),
    rank: 1 + place,
    parts: states.map(({ state, number }) => [nameOf(number), STATES[state].words]),
  };
}

/** `Firefox differs from Chromium in 46 of 1200 cells`, for each browser that does. */
function apartCounts(apart) {
  return browsers.map((_, number) => {
    const compared = apart.flatMap((cell, at) =>
      (cell.base !== number && cell.states[number] !== null ? [at] : []));
    const places = compared.filter((at) => differs(apart[at].states[number]));
    const base = compared.length > 0 ? apart[compared[0]].base : null;
    const unknown = places.filter((at) => apart[at].states[number] === "unknown");
    return { number, base, of: compared.length, places, unknown };
  }).filter(({ places }) => places.length > 0);
}

/** Why each browser differs in one cell: for `whyApart`. */
function cellReasons({ states, base }, cells, reasons) {
  return states.map((state, number) => {
    if (!differs(state)) return null;
    const cell = cells[number];
    if (state === "unknown") return { reasons: [], known: false };
    if (state === "lacks") {
      const own = cell.lacks.map((feature) => `lacks ${feature}`);
      const others = cells[base].lacks.map((feature) => `has ${feature}, which ${nameOf(base)} lacks`);
      return { reasons: own.length > 0 ? own : others, known: true };
    }
    const named = [...new Set(reasonsAt(cell.reasons).map((reason) => reason.deviation).filter(Boolean))];
    const told = named.length > 0 ? named : reasons[number];
    return { reasons: told.length > 0 ? told : ["does what is predicted of it"], known: true };
  });
}
