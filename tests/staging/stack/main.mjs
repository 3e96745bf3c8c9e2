// Starts the sites of the stack, each on a port of its own on loopback, as the file of settings says that
// is named on the command line. Prints one line of JSON, the ports by site, once all of them listen.
//
// Settings:
//   origins   site -> the origin by which browsers know it (nginx may stand before it)
//   listen    site -> the port to listen on; any free one if it is not given
//   helmet    sites that use helmet's defaults
//   headers   list of { site, path, set, remove }: `path` is a route, `*` one segment, `**` any; `set`
//             has a value by name, or several in a list, which gives as many lines
//   users     user -> password

import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';

import express from 'express';
import helmet from 'helmet';

import { app, upgrades } from './app.mjs';
import { api } from './api.mjs';
import { cdn } from './cdn.mjs';
import { headers } from './headers.mjs';
import { idp, provider } from './idp.mjs';
import { portal } from './portal.mjs';

const settings = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const openid = provider(settings);

const sites = {
  app: app(settings),
  idp: idp(settings, openid),
  api: api(settings, openid),
  cdn: cdn(),
  portal: portal(settings),
};

const ports = {};
for (const [name, site] of Object.entries(sites)) {
  const outer = express();
  outer.disable('x-powered-by');
  outer.set('trust proxy', true);
  if (settings.helmet.includes(name)) outer.use(defaults(settings.origins));
  outer.use(headers(settings.headers.filter((rule) => rule.site === name)));
  outer.use(site);
  const server = createServer(outer);
  if (name === 'app') upgrades(server);
  await new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(settings.listen?.[name] ?? 0, '127.0.0.1', resolve);
  });
  ports[name] = server.address().port;
}
console.log(JSON.stringify(ports));

// Helmet's defaults. Its content security policy names the sites that the app talks to, and on plain
// http does not ask for https: what everybody has to add who uses it.
function defaults({ app, idp, api, cdn }) {
  const directives = {
    'connect-src': ["'self'", idp, api, app.replace(/^http/, 'ws')],
    'img-src': ["'self'", 'data:', cdn],
    'script-src': ["'self'", cdn],
  };
  if (app.startsWith('http:')) directives['upgrade-insecure-requests'] = null;
  return helmet({ contentSecurityPolicy: { directives } });
}
