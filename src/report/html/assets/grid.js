// The heat map itself: a table with nested headers, one tab stop, and arrow keys.

/**
 * Builds the table of `view` (see matrix.js) for `room` pixels. Gives { table, cells, at, headers }:
 * `cells` by flat place, `at[row][column]` the flat place, `headers(index)` those above and beside.
 */
function buildGrid(view, room) {
  const { axes, arrangement } = view;
  const rows = lines(axes, arrangement.rows, arrangement.only);
  const cols = lines(axes, arrangement.cols, arrangement.only);
  // Room for the ring of a marked cell beside the row headers, which lie above the cells.
  cols.list[0].gap = 1;
  const held = arrangement.only.reduce((sum, value, i) => sum + (value ?? 0) * strides(axes)[i], 0);
  const tight = room < 700 || cols.list.length > 24;
  const levels = rows.shown.map((axis, i) => {
    const inner = i === rows.shown.length - 1;
    const span = rows.list.length / combinations(axes, rows.shown.slice(0, i + 1)).length;
    if (room < 500 && !inner && i === 0 && span >= 6) return { axis, inner, upright: true, width: 20 };
    const name = room < 700 && !inner ? 0 : textWidth(axes[axis].name) * 1.1 + 10;
    return { axis, inner, width: Math.max(name, rowLevelWidth(axes[axis].labels, inner, tight)) };
  });
  // The names of the column axes stand in the corner and need their room.
  const corner = Math.max(0, ...cols.shown.map((axis) => textWidth(axes[axis].name) + 22));
  const sum = levels.reduce((total, level) => total + level.width, 0);
  if (levels.length === 0) levels.push({ axis: null, inner: true, width: corner });
  else if (sum < corner) levels.at(-1).width += corner - sum;
  const width = levels.reduce((total, level) => total + level.width, 0);
  const labels = cols.shown.length === 0 ? [] : axes[cols.shown.at(-1)].labels;
  const size = cellSize(room - width - levels.length - 2, cols.list, labels, rows.list.length);

  const colHeaders = cols.list.map(() => []);
  const rowHeaders = rows.list.map(() => []);
  const at = rows.list.map((row) => cols.list.map((col) => held + row.base + col.base));
  const cells = new Map();

  const table = el(
    "table",
    { class: "grid", role: "grid", "aria-label": `${view.label}: ${axes.map((a) => a.name).join(" by ")}` },
    columnGroup(levels, cols.list, size.width),
    columnHead(axes, cols, levels, size.width, colHeaders),
    body(view, rows, cols, levels, at, cells, rowHeaders),
  );
  table.style.setProperty("--side", `${size.height}px`);
  table.style.setProperty("--beside", `${width + levels.length + 2}px`);
  const position = new Map();
  at.forEach((line, r) => line.forEach((index, c) => position.set(index, [r, c])));
  return {
    table,
    cells,
    at,
    position,
    width,
    headers: (index) => {
      const [r, c] = position.get(index);
      return [...rowHeaders[r], ...colHeaders[c]];
    },
  };
}

function columnGroup(levels, columns, cell) {
  const col = (width) => {
    const element = el("col");
    element.style.setProperty("width", `${width}px`);
    return element;
  };
  return el(
    "colgroup",
    null,
    levels.map((level) => col(level.width)),
    columns.map((column) => col(cell + GAPS[column.gap])),
  );
}

/** Runs of lines that share the values down to `level`: [{ start, span, value }]. */
function runs(list, level) {
  const found = [];
  list.forEach((line, i) => {
    const last = found.at(-1);
    const same = last && line.values.slice(0, level + 1).every((v, at) => v === list[i - 1].values[at]);
    if (same) last.span += 1;
    else found.push({ start: i, span: 1, value: line.values[level] });
  });
  return found;
}

function columnHead(axes, cols, levels, cell, colHeaders) {
  const head = el("thead");
  cols.shown.forEach((axis, level) => {
    const row = el("tr", null, el(
      "td",
      { class: "corner", colspan: levels.length },
      el("span", null, `${axes[axis].name}`, el("i", { "aria-hidden": "true" }, " ▸")),
    ));
    const groups = runs(cols.list, level);
    const room = groups[0].span * (cell + 1);
    const inner = level === cols.shown.length - 1;
    const fits = axes[axis].labels.map((label) => fitAcross(labelText(label), room));
    // One level is set in one way, so that it can be compared along the line.
    const upright = fits.some((fit) => fit.way === "upright");
    const height = upright
      ? Math.max(...axes[axis].labels.map((label) => textWidth(labelText(label)))) + 10
      : Math.max(...fits.map((fit) => fit.height));
    for (const group of groups) {
      const label = labelText(axes[axis].labels[group.value]);
      const th = el(
        "th",
        {
          scope: group.span > 1 ? "colgroup" : "col",
          colspan: group.span,
          class: `across ${upright ? "upright" : ""} ${inner ? "" : "ruled"} g${cols.list[group.start].gap}`,
        },
        el("span", null, label),
      );
      th.style.setProperty("height", `${Math.ceil(height)}px`);
      for (let i = group.start; i < group.start + group.span; i++) colHeaders[i].push(th);
      row.append(th);
    }
    head.append(row);
  });
  const names = levels.map((level, i) =>
    pin(el("td", { class: "axis-name" }, level.axis === null || level.upright ? "" : axes[level.axis].name), levels, i));
  head.append(el("tr", null, names, el("td", { class: "axis-rest", colspan: cols.list.length })));
  return head;
}

/** Keeps a row header in place beside the others while the grid scrolls. */
function pin(th, levels, i) {
  const left = levels.slice(0, i).reduce((sum, level) => sum + level.width + 1, 0);
  th.style.setProperty("left", `${left}px`);
  return th;
}

function body(view, rows, cols, levels, at, cells, rowHeaders) {
  const starts = rows.shown.map((_, level) => new Map(runs(rows.list, level).map((run) => [run.start, run])));
  const tbody = el("tbody");
  rows.list.forEach((line, r) => {
    const tr = el("tr", { class: `h${line.gap}` });
    rows.shown.forEach((axis, level) => {
      const run = starts[level].get(r);
      if (!run) return;
      const th = el(
        "th",
        {
          scope: run.span > 1 ? "rowgroup" : "row",
          rowspan: run.span,
          class: `beside ${levels[level].upright ? "upright" : ""} ${levels[level].inner ? "" : "ruled"}`,
        },
        el("span", null, labelText(view.axes[axis].labels[run.value])),
      );
      for (let i = r; i < r + run.span; i++) rowHeaders[i].push(th);
      tr.append(pin(th, levels, level));
    });
    if (rows.shown.length === 0) tr.append(el("th", { class: "beside" }, ""));
    at[r].forEach((index, c) => {
      const td = view.cell(index);
      if (cols.list[c].gap > 0) td.classList.add(`g${cols.list[c].gap}`);
      cells.set(index, td);
      tr.append(td);
    });
    tbody.append(tr);
  });
  return tbody;
}

/** Where a key leads from [row, column], or null if it is none of ours. */
function moved(key, ctrl, [r, c], at) {
  const [height, width] = [at.length, at[0].length];
  const clamp = (value, size) => Math.max(0, Math.min(size - 1, value));
  switch (key) {
    case "ArrowUp": return [clamp(r - 1, height), c];
    case "ArrowDown": return [clamp(r + 1, height), c];
    case "ArrowLeft": return [r, clamp(c - 1, width)];
    case "ArrowRight": return [r, clamp(c + 1, width)];
    case "PageUp": return [clamp(r - 5, height), c];
    case "PageDown": return [clamp(r + 5, height), c];
    case "Home": return ctrl ? [0, 0] : [r, 0];
    case "End": return ctrl ? [height - 1, width - 1] : [r, width - 1];
    default: return null;
  }
}
