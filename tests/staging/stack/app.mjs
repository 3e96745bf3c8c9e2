// The client app: pages that sign in through oidc-client-ts, and pages that test what tests of other
// people's sites meet.

import { randomBytes } from 'node:crypto';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import express from 'express';
import { WebSocketServer } from 'ws';

import { escape } from '../shared/escape.mjs';
import { secret } from '../shared/secrets.mjs';
import { page } from './html.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const library = (name) => join(here, 'node_modules', name, 'dist/browser/oidc-client-ts.min.js');

const signIn = (client) => `<p id="status" role="status">Not signed in</p>
<p id="profile"></p>
<button id="sign-in" data-client="${client}">Sign in</button>`;

export function app({ origins, users }) {
  const router = express.Router();
  router.get('/settings.json', (_request, response) => {
    response.json({ authority: origins.idp, api: origins.api, cdn: origins.cdn });
  });
  router.get('/oidc-client-ts.js', (_request, response) => response.sendFile(library('oidc-client-ts')));
  router.get('/legacy/oidc-client-ts.js', (_request, response) => {
    response.sendFile(library('oidc-client-ts-3-2'));
  });
  router.use('/assets', express.static(join(here, 'public')));

  const shop = (path, title, body, scripts) => {
    router.get(path, (_request, response) => response.send(page(title, body, scripts)));
  };
  const current = ['/oidc-client-ts.js', '/assets/sign-in.js'];
  const legacy = ['/legacy/oidc-client-ts.js', '/assets/sign-in.js'];
  shop('/', 'The shop', `<h1>The shop</h1>${signIn('/')}`, current);
  shop('/legacy', 'The old shop', `<h1>The old shop</h1>${signIn('/legacy/')}`, legacy);
  shop('/callback', 'Signing in', '<p>Signing in…</p>', ['/oidc-client-ts.js', '/assets/callback.js']);
  shop('/legacy/callback', 'Signing in', '<p>Signing in…</p>', [
    '/legacy/oidc-client-ts.js',
    '/assets/callback.js',
  ]);
  // An editor that wants isolation, and signs in, too.
  shop('/editor', 'The editor', `<h1>The editor</h1>${signIn('/')}`, current);

  router.get('/widget', (_request, response) => {
    // Others may embed it: the one page without helmet's defaults against that.
    response.removeHeader('X-Frame-Options');
    response.removeHeader('Content-Security-Policy');
    response.send(page('The widget', `<h1>The widget</h1>${signIn('/')}`, current));
  });

  shop('/ten', 'Ten popups', '<button id="open">Open ten</button><p id="opened"></p>', ['/assets/ten.js']);
  router.get('/leaf/:number', (request, response) => {
    const number = escape(request.params.number);
    response.send(page(`Leaf ${number}`, `<h1>Leaf ${number}</h1><button id="pick">Pick ${number}</button>`));
  });
  shop('/never', 'No popup', '<button id="open">Sign in</button>', []);
  shop('/late', 'Late', '<h1>Late</h1><div id="place"></div>', ['/assets/late.js']);
  shop('/gallery', 'The gallery', `<h1>The gallery</h1>
<p id="isolated"></p><ul id="pictures"></ul>`, [`${origins.cdn}/library.js`, '/assets/gallery.js']);
  shop('/live', 'Live', '<h1>Live</h1><p id="socket"></p><p id="worker"></p>', ['/assets/live.js']);
  router.get('/live-worker.js', (_request, response) => {
    response.sendFile(join(here, 'public/live-worker.js'));
  });

  members(router, users, origins.app.startsWith('https:'));
  return router;
}

// A login by cookie, which lasts.
function members(router, users, secure) {
  const sessions = new Map();
  const cookie = (request) => /(?:^|; )member=([0-9a-f]+)/.exec(request.headers.cookie ?? '')?.[1];
  router.get('/members', (request, response) => {
    const user = sessions.get(cookie(request));
    response.send(page('Members', user
      ? `<h1>Members</h1><p id="status">Signed in as ${escape(user)}</p>`
      : `<h1>Members</h1><p id="status">Not signed in</p>
<form method="post" action="/members"><input name="user"><input name="password" type="password">
<button id="sign-in">Sign in</button></form>`));
  });
  router.post('/members', express.urlencoded({ extended: false }), (request, response) => {
    const { user = '', password = '' } = request.body ?? {};
    if (Object.hasOwn(users, user) && users[user] === password) {
      const session = secret(randomBytes(16).toString('hex'));
      sessions.set(session, user);
      response.cookie('member', session, { httpOnly: true, maxAge: 30 * 86_400_000, sameSite: 'lax', secure });
    }
    response.redirect(303, '/members');
  });
}

// The socket of the live page: greets, and gives back what it hears.
export function upgrades(server) {
  const sockets = new WebSocketServer({ server, path: '/live-socket' });
  sockets.on('connection', (socket) => {
    socket.send('hello');
    socket.on('message', (data) => socket.send(`heard ${data}`));
  });
}
