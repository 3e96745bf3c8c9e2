// Header lines by route, set and removed after what the frameworks have set.

import { pattern } from '../shared/pattern.mjs';

// A middleware that applies all rules whose path fits, in their order.
export function headers(rules) {
  const known = rules.map((rule) => ({ ...rule, fits: pattern(rule.path) }));
  return (request, response, next) => {
    for (const rule of known.filter(({ fits }) => fits.test(request.path))) {
      for (const name of rule.remove ?? []) response.removeHeader(name);
      for (const [name, value] of Object.entries(rule.set ?? {})) response.setHeader(name, value);
    }
    next();
  };
}
