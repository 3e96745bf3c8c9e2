// Which cells look alike: an outcome is a combination of observed facts, with a colour and a sign.
//
// The leading fact gives the hue and the family of signs, so that all that is "connected" is blue and
// round; the other facts give the shade and the sign within the family. Hues were chosen to stay apart
// for people with any kind of colour blindness; the sign says it without colour.

const FAMILIES = [
  { hue: 248, chroma: 0.105, signs: "●○◉◐◎◑" },
  { hue: 58, chroma: 0.125, signs: "×+‡#¤※" },
  { hue: 260, chroma: 0.008, signs: "–=≡~≈±" },
  { hue: 172, chroma: 0.09, signs: "▲△▼▽►◄" },
  { hue: 325, chroma: 0.12, signs: "■□▪▫▬▮" },
  { hue: 100, chroma: 0.12, signs: "◆◇♦◊" },
];

/** Words that always have the same family, in every matrix. */
const FAMILY_OF = {
  connected: 0, live: 0, yes: 0, loaded: 0, readable: 0, completed: 0, kept: 0, copied: 0, usable: 0,
  severed: 1, "reads-closed": 1, no: 1, blocked: 1, failed: 1, reset: 1, empty: 1, unavailable: 1,
  never: 2, null: 2, opaque: 2, waiting: 2, cancelled: 3, denied: 4,
};

/** Kinds of fact by which people ask first. */
const LEADING = ["opener", "login", "result", "loading", "isolated", "handle", "messages"];

/** Lightness by rank in the family: the usual is pale, the rare is strong. */
const SHADES = [0.83, 0.55, 0.7, 0.92, 0.62, 0.77];

const kindOf = (name) => name.slice(name.lastIndexOf(".") + 1);

/** Facts that do not have the same answer everywhere, the leading one first, and those that do. */
function splitFacts(cells) {
  const answers = new Map();
  for (const id of new Set(cells.filter((cell) => cell.error === null).map((cell) => cell.facts))) {
    for (const fact of factsAt(id)) {
      if (!answers.has(fact.name)) answers.set(fact.name, new Set());
      answers.get(fact.name).add(fact.observed);
    }
  }
  const rank = (name) => (LEADING.indexOf(kindOf(name)) + LEADING.length + 1) % (LEADING.length + 1);
  const varying = [...answers.keys()].filter((name) => answers.get(name).size > 1);
  const leading = [...varying].sort((a, b) => rank(a) - rank(b));
  const constant = [...answers].filter(([, values]) => values.size === 1);
  return { varying: leading, constant: constant.map(([name, [value]]) => ({ name, value })) };
}

/** `popup.isolated` as `isolated` where no other varying fact is of that kind. */
function shortNames(names) {
  const kinds = names.map(kindOf);
  return new Map(names.map((name, i) => {
    const alone = kinds.filter((kind) => kind === kinds[i]).length === 1;
    return [name, alone ? kinds[i] : name.replace(".", " ")];
  }));
}

/**
 * The outcomes of `cells` by the facts `names`: { list, of } where `of[i]` is the outcome of cell i.
 * An outcome is { sign, light, hue, chroma, values, count, kind }.
 */
function outcomesOf(cells, names) {
  const byKey = new Map();
  const keyOfFacts = new Map();
  const of = cells.map(({ facts, error }) => {
    let key = "error";
    if (error === null) {
      if (!keyOfFacts.has(facts)) {
        const found = new Map(factsAt(facts).map((fact) => [fact.name, fact.observed]));
        keyOfFacts.set(facts, JSON.stringify(names.map((name) => found.get(name) ?? null)));
      }
      key = keyOfFacts.get(facts);
    }
    if (!byKey.has(key)) byKey.set(key, { key, count: 0 });
    const outcome = byKey.get(key);
    outcome.count += 1;
    return outcome;
  });
  const list = [...byKey.values()].sort((a, b) => b.count - a.count || (a.key < b.key ? -1 : 1));
  const families = familiesFor(list, names);
  const used = new Map();
  let letter = 0;
  for (const outcome of list) {
    if (outcome.key === "error") {
      Object.assign(outcome, { kind: "error", sign: "!", values: [], family: 99 });
      continue;
    }
    outcome.values = JSON.parse(outcome.key);
    outcome.kind = outcome.values.every((value) => value === null) && names.length > 0 ? "unseen" : "seen";
    const number = families.get(outcome.values[0] ?? null) ?? 0;
    const family = FAMILIES[number % FAMILIES.length];
    const rank = used.get(family) ?? 0;
    used.set(family, rank + 1);
    outcome.family = number;
    outcome.hue = family.hue;
    outcome.chroma = family.chroma;
    outcome.light = SHADES[rank % SHADES.length];
    outcome.sign = outcome.kind === "unseen" ? "?" : ([...family.signs][rank] ?? letterFor(letter++));
  }
  // In the legend, families stand together.
  list.sort((a, b) => a.family - b.family || b.count - a.count);
  list.forEach((outcome, i) => (outcome.number = i));
  return { list, of };
}

/** Past the signs come letters; past those, two. */
const letterFor = (n) => (n < 26 ? String.fromCharCode(97 + n) : letterFor(Math.floor(n / 26) - 1) + letterFor(n % 26));

/** A family for each answer of the leading fact: the usual one for known words, else the next free. */
function familiesFor(list, names) {
  const families = new Map();
  if (names.length === 0) return families;
  const answers = [...new Set(list.filter((o) => o.key !== "error").map((o) => JSON.parse(o.key)[0]))];
  for (const answer of answers) {
    const known = Object.hasOwn(FAMILY_OF, answer ?? "") ? FAMILY_OF[answer] : undefined;
    if (known !== undefined && ![...families.values()].includes(known)) families.set(answer, known);
  }
  let next = 0;
  for (const answer of answers.filter((answer) => !families.has(answer))) {
    while ([...families.values()].includes(next)) next += 1;
    families.set(answer, next);
  }
  return families;
}

/** Gives `element` the colours of `outcome`, for light and for dark surroundings. */
function paint(element, outcome) {
  element.classList.add("outcome", outcome.kind);
  if (outcome.kind !== "seen") return;
  const dark = outcome.light * 0.84;
  // The inks keep a contrast of 4.5 to every fill that the families and shades can give.
  const set = (name, value) => element.style.setProperty(name, value);
  set("--fill-l", `oklch(${outcome.light} ${outcome.chroma} ${outcome.hue})`);
  set("--fill-d", `oklch(${dark.toFixed(3)} ${outcome.chroma} ${outcome.hue})`);
  set("--ink-l", outcome.light < 0.6 ? "#fff" : "#10151c");
  set("--ink-d", dark < 0.56 ? "#fff" : "#000");
}

/** The facts of `names` that do not follow from those before them, in all of `outcomes`. */
function independent(outcomes, names) {
  const seen = outcomes.filter((outcome) => outcome.kind !== "error");
  const kept = [];
  names.forEach((_, at) => {
    const answers = new Map();
    const follows = seen.every(({ values }) => {
      const key = JSON.stringify(kept.map((i) => values[i]));
      if (!answers.has(key)) answers.set(key, values[at]);
      return answers.get(key) === values[at];
    });
    if (!follows) kept.push(at);
  });
  return kept;
}

/**
 * What an outcome means, in parts: [["", "severed"], ["", "popup isolated"]]. Behind the leading fact
 * a "yes" is said by the fact's name alone and a "no" by silence.
 */
function outcomeParts(outcome, names, short, kept) {
  if (outcome.parts) return outcome.parts;
  if (outcome.kind === "error") return [["", "could not be tested"]];
  if (outcome.kind === "unseen") return [["", "not observed"]];
  if (kept.length === 0) return [["", "the same in every cell"]];
  return kept.flatMap((i, rank) => {
    const value = outcome.values[i] ?? "not observed";
    if (rank > 0 && value === "no") return [];
    if (rank > 0 && value === "yes") return [["", short.get(names[i])]];
    return [[rank === 0 && !/^(yes|no)$/.test(value) ? "" : short.get(names[i]), value]];
  });
}
