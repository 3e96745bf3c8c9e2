// The identity provider: `/authorize` -> `/hop` -> `/who` (the address) -> `/password` -> a form that posts
// itself to the store.

import { randomBytes } from 'node:crypto';

import { escape } from '../shared/escape.mjs';
import { secret } from '../shared/secrets.mjs';

const random = () => secret(randomBytes(16).toString('hex'));

export function accounts({ origins, users }) {
  const asked = new Map(); // ticket -> state
  const codes = new Map(); // code -> user
  const sessions = new Map();

  // The answer to the store, as `response_mode=form_post` has it.
  const post = (fields) => ({
    headers: { 'Cache-Control': 'no-store' },
    body: `<!doctype html><title>One moment</title><body onload="document.forms[0].submit()">
<form method="post" action="${origins.store}/return">${Object.entries(fields)
    .map(([name, value]) => `<input type="hidden" name="${name}" value="${escape(value)}">`)
    .join('')}</form>`,
  });
  const grant = (user, state) => {
    const code = random();
    codes.set(code, user);
    return post({ code, state });
  };

  const form = (title, ticket, action, field, more = '') => ({
    body: `<!doctype html><title>${title}</title><h2>${title}</h2>${more}
<form method="post" action="${action}"><input type="hidden" name="ticket" value="${escape(ticket)}">
${field}<input type="submit" class="go" value="Next"></form>
<p><a class="no" href="/refuse?ticket=${escape(ticket)}">No, thanks</a></p>`,
  });
  const who = (ticket, more) =>
    form('Who are you?', ticket, '/who', '<input type="text" name="address" placeholder="Address">', more);
  const password = (ticket, user, more) =>
    form('Your password', ticket, '/password', `<input type="hidden" name="address" value="${escape(user)}">
<input type="password" name="secret-word">`, more);

  const routes = {
    'GET /authorize': ({ fields }) => {
      const ticket = random();
      asked.set(ticket, fields.get('state'));
      return { status: 302, headers: { Location: `/hop?ticket=${ticket}` } };
    },
    'GET /hop': ({ fields, cookies }) => {
      const user = sessions.get(cookies.person);
      const ticket = fields.get('ticket');
      if (user) return grant(user, asked.get(ticket));
      return { status: 302, headers: { Location: `/who?ticket=${ticket}` } };
    },
    'GET /who': ({ fields }) => who(fields.get('ticket')),
    'POST /who': ({ fields }) => {
      const user = fields.get('address');
      if (Object.hasOwn(users, user)) return password(fields.get('ticket'), user);
      return who(fields.get('ticket'), '<p class="wrong">We do not know you.</p>');
    },
    'POST /password': ({ fields }) => {
      const user = fields.get('address');
      const ticket = fields.get('ticket');
      if (!Object.hasOwn(users, user) || users[user] !== fields.get('secret-word')) {
        return password(ticket, user, '<p class="wrong">That is not your password.</p>');
      }
      const session = random();
      sessions.set(session, user);
      const answer = grant(user, asked.get(ticket));
      answer.headers['Set-Cookie'] = `person=${session}; Path=/; HttpOnly; SameSite=Lax; Max-Age=86400`;
      return answer;
    },
    'GET /refuse': ({ fields }) => post({ error: 'access_denied', state: asked.get(fields.get('ticket')) }),
  };
  const answer = (request) => {
    const route = routes[`${request.method} ${request.path}`];
    return route ? route(request) : { status: 404, body: 'nothing here' };
  };
  const redeem = (code) => {
    const user = codes.get(code);
    codes.delete(code);
    return user;
  };
  return { answer, redeem };
}
