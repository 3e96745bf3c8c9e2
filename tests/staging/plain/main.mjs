// Another stack, in another style than the shop's and without a package: a store with frames and a session
// cookie, and accounts that ask for the address first and for the password then. The popup is opened empty,
// the way to the form leads over a hop, and the answer comes back as a form that posts itself.
//
// Started as the shop is, with the same file of settings.

import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';

import { pattern } from '../shared/pattern.mjs';
import { accounts } from './accounts.mjs';
import { store } from './store.mjs';

const settings = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const people = accounts(settings);
const sites = { store: store(settings, people.redeem), accounts: people.answer };

const ports = {};
for (const [name, answer] of Object.entries(sites)) {
  const rules = settings.headers.filter((rule) => rule.site === name);
  const server = createServer((request, response) => serve(answer, rules, request, response));
  await new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(settings.listen?.[name] ?? 0, '127.0.0.1', resolve);
  });
  ports[name] = server.address().port;
}
console.log(JSON.stringify(ports));

// `answer` gets the path, its query or form, and the cookies; it gives status, headers and body.
async function serve(answer, rules, request, response) {
  let body = '';
  for await (const part of request) body += part;
  const { pathname, searchParams } = new URL(request.url, 'http://here');
  const fields = request.method === 'POST' ? new URLSearchParams(body) : searchParams;
  const cookies = Object.fromEntries(
    (request.headers.cookie ?? '').split('; ').map((pair) => pair.split(/=(.*)/s, 2)),
  );
  const given = answer({ method: request.method, path: pathname, fields, cookies });
  const lines = { 'Content-Type': 'text/html; charset=utf-8', ...given.headers };
  for (const rule of rules.filter(({ path }) => pattern(path).test(pathname))) {
    for (const name of rule.remove) delete lines[name];
    Object.assign(lines, rule.set);
  }
  response.writeHead(given.status ?? 200, lines);
  response.end(given.body ?? '');
}
