// The address remembers the open unit, the open cell and the heat map: `#unit=…`, `#cell=…` and `#map=…` lead back
// to them.

const coded = (view) => `${encodeURIComponent(view.packed.name)}/${encodeURIComponent(view.packed.variant)}`;

/** The heat map's part of an address; the first needs none. */
const mapPart = (view) => (view.map === view.maps[0] ? "" : `/${view.map.key}`);

const fragment = (view, cell) => `cell=${coded(view)}/${placeOf(view.axes, cell).join(".")}${mapPart(view)}`;

/** Writes down which heat map a matrix shows, where no cell is open. */
const rememberMap = (view) => remember(mapPart(view) === "" ? "" : `#map=${coded(view)}${mapPart(view)}`);

function remember(hash) {
  try {
    history.replaceState(null, "", location.href.split("#")[0] + hash);
  } catch {
    // Some browsers do not let a file change its address. Then the address does not remember.
  }
}

/** Opens the unit or the cell, or shows the heat map, that the address names. */
function recall() {
  const found = unitRows.find(({ unit }) => fragmentOf(unit) === location.hash);
  if (found) {
    openUnit(found);
    return;
  }
  const [, what, name, variant, ...rest] = /^#(cell|map)=([^/]*)\/([^/]*)\/([\w.-]*)(?:\/([\w-]+))?$/.exec(location.hash) ?? [];
  if (what === undefined) return;
  const same = (code, text) => {
    try {
      return decodeURIComponent(code) === text;
    } catch {
      return false;
    }
  };
  const view = views.find(({ packed }) => same(name, packed.name) && same(variant, packed.variant));
  if (!view) return;
  const [place, key] = what === "cell" ? rest : [null, rest[0]];
  const map = view.maps.find((map) => map.key === key) ?? view.maps[0];
  if (place === null) {
    view.choose(map);
    view.element.scrollIntoView();
    return;
  }
  const values = place.split(".").map(Number);
  const fits = values.length === view.axes.length && values.every((v, i) => v < view.axes[i].labels.length);
  if (!fits) return;
  view.choose(map);
  const steps = strides(view.axes);
  view.open(values.reduce((sum, value, i) => sum + value * steps[i], 0), true);
}
