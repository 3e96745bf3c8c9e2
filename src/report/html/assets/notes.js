// What a matrix has to say beside its heat map: where to look first, where browsers differ and why.

const cellsOf = (places) => plural(places.length, "cell");

/** A line with a sign and buttons that lead through `places`. */
function jumpLine(view, places, sign, kind, text, ...more) {
  if (places.length === 0) return null;
  return el(
    "div", { class: `alert ${kind}` }, el("span", { class: "sign", "aria-hidden": "true" }, sign),
    el("span", null, text),
    el("span", { class: "jump" },
      el("button", { type: "button", class: "small", onclick: () => view.jump(places, -1) }, "‹ previous"),
      el("button", { type: "button", class: "small next", onclick: () => view.jump(places, 1) }, "next ›")),
    more,
  );
}

/** Everything about the map that `view` shows. */
function matrixNotes(view) {
  const number = view.map.number;
  const own = number === null ? [] : columnNotes(view, number);
  const alerts = [...own, ...apartNotes(view, number)].filter(Boolean);
  const snapshot = number === null ? null : view.columns[number].snapshot;
  return [
    alerts.length > 0 ? el("div", { class: "alerts" }, alerts) : null,
    fineNote(view, number),
    snapshot ? el("details", { class: "snapshot" }, el("summary", null, "Snapshot: ", snapshot.note), snapshotPart(snapshot)) : null,
  ].filter(Boolean);
}

/** Cells of one browser to look at first. */
function columnNotes(view, number) {
  const { deviating, failing, broken } = view.found[number];
  const { error } = view.columns[number];
  return [
    view.columns[number].attempts ? el("div", { class: "alert" }, el("span", { class: "sign", "aria-hidden": "true" }, "~"),
      el("div", null, el("b", null, "Attempts"), attemptsPart(view.columns[number].attempts))) : null,
    error ? el("div", { class: "alert errors" }, el("span", { class: "sign", "aria-hidden": "true" }, "!"), el("span", null, error)) : null,
    jumpLine(view, broken, "✗", "broken", `${cellsOf(broken)} not as the scenario expects`),
    jumpLine(view, deviating, "≠", "deviations", `${cellsOf(deviating)} where the browser does not do what the model predicts`),
    jumpLine(view, failing, "!", "errors", `${cellsOf(failing)} that could not be tested`),
  ];
}

/** Where browsers differ, and why: of one browser its own line, in the first and in the overview all. */
function apartNotes(view, number) {
  const isOwn = (count) => count.number === number;
  const all = number === null || !view.counts.some(isOwn);
  return view.counts.filter((count) => all || isOwn(count)).map((count) => {
    const base = nameOf(count.base);
    const text = `${nameOf(count.number)} differs from ${base} in ${count.places.length} of ${cellsOf({ length: count.of })}`;
    const reasons = view.columns[count.number].reasons;
    const lines = reasons.map((reason) => el("li", null, prose(reason)));
    if (reasons.length === 0) lines.push(el("li", { class: "unknown" }, "no known deviation explains it"));
    else if (count.unknown.length > 0) {
      lines.push(el("li", { class: "unknown" }, `in ${cellsOf(count.unknown)} of them no known deviation explains it`));
    }
    return jumpLine(view, count.places, "≠", "apart-line", text, el("ul", { class: "reasons" }, lines));
  });
}

/** Said where nothing is to be looked at first. */
function fineNote(view, number) {
  const notes = [];
  if (number !== null) {
    const { deviating, failing, broken } = view.found[number];
    const cells = view.cells[number];
    const predicted = cells.some((cell) => factsAt(cell.facts).some((fact) => fact.predicted !== null));
    if (predicted && deviating.length + failing.length + broken.length === 0) {
      notes.push("✓ In every cell the browser does what the model predicts.");
    }
  }
  if (many && view.maps.length > 1 && view.anyApart.size === 0) notes.push("✓ All browsers show the same in every cell.");
  return notes.length > 0 ? el("p", { class: "fine" }, notes.join(" ")) : null;
}

/** Entries of the legend that are no outcomes: features that are lacking, and where browsers differ. */
function legendExtras(view) {
  const { number } = view.map;
  if (number === null) return [];
  const lacking = new Map();
  view.cells[number].forEach((cell, at) => {
    if (cell.lacks.length === 0) return;
    const features = cell.lacks.join(", ");
    if (!lacking.has(features)) lacking.set(features, new Set());
    lacking.get(features).add(at);
  });
  const extras = [...lacking].map(([features, places]) =>
    ({ kind: "lacking", sign: "", parts: [["", "not applicable"], ["lacks", features]], places }));
  if (view.anyApart.size > 0) {
    extras.push({ kind: "marked", sign: "", parts: [["", "not the same in all browsers"]], places: view.anyApart });
  }
  return extras;
}
