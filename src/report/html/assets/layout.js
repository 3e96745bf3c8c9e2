// Which axes go down and which go across, and the geometry that follows.
//
// An arrangement is { rows, cols, only }: numbers of axes from the outside in, and for each axis the
// one value that it is held at, or null.

/** The first word of an axis name: `opener` of `opener-coop`. */
const party = (name) => name.split(/[-_. ]/)[0];

/**
 * The first party down, the second across, and what lies between them (a lone last axis, such as the
 * relation of the two) outermost across: small multiples, side by side. On a narrow screen the long
 * side goes down.
 */
function defaultArrangement(axes, narrow) {
  const numbers = axes.map((_, i) => i);
  const only = axes.map(() => null);
  const size = (list) => list.reduce((product, i) => product * axes[i].labels.length, 1);
  let rows = numbers.filter((i) => party(axes[i].name) === party(axes[0].name));
  if (rows.length === axes.length || (rows.length === 1 && axes.length > 2)) {
    rows = numbers.slice(0, Math.floor(axes.length / 2));
  }
  let cols = numbers.filter((i) => !rows.includes(i));
  const last = cols.at(-1);
  const lone = cols.filter((i) => party(axes[i].name) === party(axes[last]?.name ?? "")).length === 1;
  if (cols.length > 1 && lone) cols = [last, ...cols.slice(0, -1)];
  if (narrow && size(cols) > size(rows)) [rows, cols] = [cols, rows];
  return { rows, cols, only };
}

/** How far apart the cells of neighbouring values are in the flat list, for each axis. */
function strides(axes) {
  const steps = axes.map(() => 1);
  for (let i = axes.length - 2; i >= 0; i--) steps[i] = steps[i + 1] * axes[i + 1].labels.length;
  return steps;
}

/** The value of each axis at the flat place `index`. */
function placeOf(axes, index) {
  const steps = strides(axes);
  return axes.map((axis, i) => Math.floor(index / steps[i]) % axis.labels.length);
}

/** All combinations of the values of `list`, the last fastest: arrays of value numbers. */
function combinations(axes, list) {
  return list.reduce(
    (found, axis) => found.flatMap((start) => axes[axis].labels.map((_, value) => [...start, value])),
    [[]],
  );
}

/**
 * Rows and columns as they are drawn: axes held at one value take no room. Each line is
 * { values, base, gap }: `base` is its share of the flat place, `gap` how many levels change before it
 * beyond the innermost.
 */
function lines(axes, list, only) {
  const shown = list.filter((axis) => only[axis] === null);
  const steps = strides(axes);
  const made = combinations(axes, shown).map((values) => ({
    values,
    base: values.reduce((sum, value, i) => sum + value * steps[shown[i]], 0),
    gap: 0,
  }));
  made.forEach((line, i) => {
    if (i === 0) return;
    const level = line.values.findIndex((value, at) => value !== made[i - 1].values[at]);
    line.gap = Math.min(2, shown.length - 1 - level);
  });
  return { shown, list: made };
}

/** Space before a line by its gap, in pixels, beside the hairline between all cells. */
const GAPS = [0, 3, 9];

const measuring = document.createElement("canvas").getContext("2d");

/** The width of `text` in the font of the axis labels. */
function textWidth(text) {
  measuring.font = `11px ${getComputedStyle(document.body).fontFamily}`;
  return measuring.measureText(text).width;
}

const LINE = 13;

/** How a label fits above `room` pixels: { way: "flat" | "wrapped" | "upright", height }. */
function fitAcross(text, room) {
  if (textWidth(text) <= room - 4) return { way: "flat", height: LINE + 4 };
  const parts = text.split(/(?<=-)/);
  if (parts.length > 1 && Math.max(...parts.map(textWidth)) <= room - 2) {
    let used = 0;
    let count = 1;
    for (const part of parts) {
      const width = textWidth(part);
      if (used + width > room - 2) [used, count] = [0, count + 1];
      used += width;
    }
    return { way: "wrapped", height: count * LINE + 4 };
  }
  return { way: "upright", height: Math.ceil(textWidth(text)) + 10 };
}

/** The width that the labels of a row level need; outer levels may wrap at hyphens. */
function rowLevelWidth(labels, inner, tight) {
  const widest = Math.max(...labels.map((label) => textWidth(labelText(label))));
  if (inner || !tight) return Math.ceil(Math.min(widest, 190)) + 12;
  const parts = labels.flatMap((label) => labelText(label).split(/(?<=-)/));
  return Math.ceil(Math.max(...parts.map(textWidth))) + 10;
}

/**
 * Height and width of a cell, so that the grid fills `room` where it can. Where there are few columns
 * they are as wide as their `labels`, which then need not stand upright; many `rows` are lower.
 */
function cellSize(room, columns, labels, rows) {
  const gaps = columns.reduce((sum, column) => sum + GAPS[column.gap], 0);
  const share = Math.floor((room - gaps) / Math.max(1, columns.length)) - 1;
  const height = Math.max(14, Math.min(rows > 24 ? 18 : 30, share));
  const label = Math.ceil(Math.max(0, ...labels.map((text) => textWidth(labelText(text))))) + 10;
  return { height, width: label <= Math.min(share, 120) ? Math.max(height, label) : height };
}
