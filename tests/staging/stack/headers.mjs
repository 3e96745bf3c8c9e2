// Header lines by route, set and removed after what the frameworks have set.

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

// `*` stands for one segment, `**` for any number of them.
function pattern(path) {
  const parts = path.split(/(\*\*|\*)/).map((part) => {
    if (part === '**') return '.*';
    if (part === '*') return '[^/]+';
    return part.replace(/[.+?^${}()|[\]\\]/g, '\\$&');
  });
  return new RegExp(`^${parts.join('')}$`);
}
