// The store: a page of two frames. The one on the left signs in, and takes `popup.closed` as the user's no.

import { randomBytes } from 'node:crypto';

import { escape } from '../shared/escape.mjs';
import { secret } from '../shared/secrets.mjs';

const random = () => secret(randomBytes(16).toString('hex'));

export function store({ origins }, redeem) {
  const states = new Set();
  const sessions = new Map();

  const routes = {
    'GET /': () => ({
      body: `<!doctype html><title>Books</title><h1>Books</h1>
<iframe name="menu" src="/menu" width="300" height="200"></iframe>
<iframe name="shelf" src="/shelf" width="300" height="200"></iframe>`,
    }),
    'GET /menu': () => ({
      body: `<!doctype html><title>Menu</title><a href="#" class="enter">Enter the store</a>
<p class="say">A stranger</p><script src="/menu.js"></script>`,
    }),
    'GET /shelf': () => ({ body: '<!doctype html><title>Shelf</title><p>Three books</p>' }),
    'GET /menu.js': () => ({ headers: { 'Content-Type': 'text/javascript' }, body: `(${menu})()` }),
    'GET /begin': () => {
      const state = random();
      states.add(state);
      return json({ go: `${origins.accounts}/authorize?response_mode=form_post&state=${state}` });
    },
    'GET /me': ({ cookies }) => json({ user: sessions.get(cookies.buyer) ?? null }),
    'POST /return': ({ fields }) => {
      const user = states.delete(fields.get('state')) && redeem(fields.get('code'));
      const message = user ? { entered: user } : { refused: fields.get('error') ?? 'error' };
      const answer = {
        headers: { 'Cache-Control': 'no-store' },
        body: `<!doctype html><title>Done</title><p>Back to the store.</p><script>
const message = ${JSON.stringify(message).replaceAll('<', '\\u003c')};
if (window.opener) { window.opener.postMessage(message, location.origin); window.close(); }
else document.querySelector('p').textContent = 'You can close this window.';
</script>`,
      };
      if (user) {
        const session = random();
        sessions.set(session, user);
        answer.headers['Set-Cookie'] = `buyer=${session}; Path=/; HttpOnly; SameSite=Lax; Max-Age=86400`;
      }
      return answer;
    },
  };
  return (request) => {
    const route = routes[`${request.method} ${request.path}`];
    return route ? route(request) : { status: 404, body: escape('nothing here') };
  };
}

function json(value) {
  return { headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(value) };
}

// Runs in the browser.
function menu() {
  const say = document.querySelector('.say');
  document.querySelector('.enter').addEventListener('click', async (event) => {
    event.preventDefault();
    say.textContent = 'One moment';
    // At once: a browser lets a page open a window in a click only.
    const popup = window.open('about:blank', 'enter', 'popup,width=500,height=500');
    const timer = setInterval(async () => {
      if (!popup.closed) return;
      clearInterval(timer);
      const { user } = await (await fetch('/me')).json();
      if (say.textContent === 'One moment') say.textContent = user ? `Hello ${user}` : 'You closed the window';
    }, 400);
    addEventListener('message', ({ origin, data }) => {
      if (origin !== location.origin) return;
      clearInterval(timer);
      say.textContent = data.entered ? `Hello ${data.entered}` : 'You said no';
    }, { once: true });
    const { go } = await (await fetch('/begin')).json();
    popup.location = go;
  });
}
