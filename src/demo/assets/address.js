// The state of a page in its address, so that a link restores it.

/** The query as a plain object. */
export const query = () => Object.fromEntries(new URLSearchParams(location.search));

/** Writes `values` into the address, without a step in the history. Null and "" are left out. */
export function remember(values) {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) {
    if (value !== null && value !== undefined && value !== false) search.set(name, value);
  }
  const text = search.toString();
  history.replaceState(null, "", location.pathname + (text ? `?${text}` : "") + location.hash);
}

/** Header lines that visitors wrote themselves, by page, out of a query. */
export function ownHeaders(values) {
  const own = Object.entries(values).filter(([name]) => name.startsWith("h."));
  return Object.fromEntries(own.map(([name, value]) => [name.slice(2), value]));
}

/** The same, for the query: only pages whose lines differ from `given`. */
export const headersQuery = (own, given) =>
  Object.fromEntries(Object.entries(own ?? {})
    .filter(([page, lines]) => lines !== (given[page] ?? ""))
    .map(([page, lines]) => [`h.${page}`, lines]));
