// Short pages.

import { escape } from '../shared/escape.mjs';

// A page with its scripts in files: helmet's content security policy allows no others.
export function page(title, body, scripts = []) {
  const tags = scripts.map((script) => `<script src="${escape(script)}"></script>`).join('');
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>${escape(title)}</title>
<body>${body}${tags}</body></html>`;
}
