// The browsers of the run, and what they have in common: columns, names, equal parts told once.

const { browsers } = data;
const many = browsers.length > 1;

/** `Firefox 153.7.0`. */
const fullName = (browser) => `${browser.title} ${browser.version}`.trim();

/** One letter for a browser, as in the console: C, F, W, and S for the headless shell. */
const letterOf = (number) => browsers[number].title.split(" ").at(-1)[0];

const nameOf = (number) => browsers[number].title;

/** What `owner` came to in each browser of the run, in their order; null where it did not end. */
const columnsOf = (owner) =>
  browsers.map(({ name }) => owner.columns.find((column) => column.browser === name) ?? null);

/** `Chromium, Firefox and WebKitGTK`. */
function listed(words) {
  return words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`;
}

/** These browsers in words; with their versions where they are not many. */
function inWords(numbers) {
  const all = numbers.length === browsers.length && numbers.length > 2;
  if (all) return "all browsers";
  return listed(numbers.map((number) => (numbers.length < 3 ? fullName(browsers[number]) : nameOf(number))));
}

/**
 * Equal parts once: [{ value, numbers }] with the numbers of the browsers that have it, in order. `pick`
 * gives a column's part, or null for none; `same` what two parts must have in common.
 */
function grouped(columns, pick, same = (value) => value) {
  const groups = new Map();
  columns.forEach((column, number) => {
    const value = column === null ? null : pick(column);
    if (value === null || value === undefined || value.length === 0) return;
    const key = JSON.stringify(same(value));
    if (!groups.has(key)) groups.set(key, { value, numbers: [], values: [] });
    groups.get(key).numbers.push(number);
    groups.get(key).values.push(value);
  });
  return [...groups.values()];
}

/** Whether a part is that of every browser that was tested: then it need not say whose it is. */
const isOfAll = (numbers, columns) =>
  columns.every((column, number) => column === null || column.error !== null || numbers.includes(number));

/** The browsers' names as a small tag before a part; nothing where there is one browser. */
const whose = (numbers) => (many ? el("span", { class: "whose" }, inWords(numbers)) : null);

/** Name and observed value of every fact, as one text: equal where browsers show the same. */
const shownBy = kept((id) => JSON.stringify(factsAt(id).map(({ name, observed }) => [name, observed])));

/** The names of the facts that two lists do not show alike. */
function namesApart(one, other) {
  const values = (id) => new Map(factsAt(id).map((fact) => [fact.name, fact.observed]));
  const [left, right] = [values(one), values(other)];
  return [...new Set([...left.keys(), ...right.keys()])].filter((name) => left.get(name) !== right.get(name));
}
