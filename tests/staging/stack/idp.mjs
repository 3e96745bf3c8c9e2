// The OpenID provider: oidc-provider with views of its own. `/auth` leads to `/login/UID`, that over
// `/auth/UID` to `/consent/UID`, and that over `/auth/UID` again to the client's callback.

import { generateKeyPairSync, randomBytes } from 'node:crypto';

import express from 'express';
import Provider, { errors } from 'oidc-provider';

import { escape } from '../shared/escape.mjs';
import { secret } from '../shared/secrets.mjs';
import { page } from './html.mjs';

export function provider({ origins, users }) {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const openid = new Provider(origins.idp, {
    clients: [{
      client_id: 'shop',
      client_name: 'The shop',
      redirect_uris: [`${origins.app}/callback`, `${origins.app}/legacy/callback`],
      token_endpoint_auth_method: 'none',
    }],
    claims: { openid: ['sub'], profile: ['name'] },
    // So that the client has the name without asking once more.
    conformIdTokenClaims: false,
    clientBasedCORS: (_context, origin) => origin === origins.app,
    cookies: { keys: [randomBytes(16).toString('hex')] },
    features: { devInteractions: { enabled: false } },
    findAccount: (_context, user) =>
      Object.hasOwn(users, user)
        ? { accountId: user, claims: () => ({ sub: user, name: user }) }
        : undefined,
    interactions: { url: (_context, { prompt, uid }) => `/${prompt.name}/${uid}` },
    jwks: { keys: [privateKey.export({ format: 'jwk' })] },
    renderError: (context, { error, error_description: why }) => {
      context.type = 'html';
      context.body = page('Error', `<h1>Error</h1><p>${escape(error)}: ${escape(why)}</p>`);
    },
    ttl: { AccessToken: 3600, AuthorizationCode: 60, Grant: 3600, IdToken: 3600, Interaction: 3600, Session: 86400 },
  });
  openid.proxy = true;
  for (const kind of ['access_token', 'authorization_code', 'session']) {
    openid.on(`${kind}.saved`, ({ jti }) => secret(jti));
  }
  return openid;
}

export function idp({ users }, openid) {
  const router = express.Router();
  const form = express.urlencoded({ extended: false });
  router.use(['/login', '/consent'], (_request, response, next) => {
    response.set('Cache-Control', 'no-store');
    next();
  });

  router.get('/login/:uid', async (request, response) => {
    const { params } = await openid.interactionDetails(request, response);
    response.send(login(request.path, params.login_hint ?? ''));
  });

  router.post('/login/:uid', form, async (request, response) => {
    const { user = '', password = '' } = request.body ?? {};
    await openid.interactionDetails(request, response);
    if (!Object.hasOwn(users, user) || users[user] !== password) {
      const wrong = '<p id="error" role="alert">Wrong user name or password</p>';
      response.status(401).send(login(request.path, user, wrong));
      return;
    }
    await openid.interactionFinished(request, response, { login: { accountId: user } });
  });

  router.get('/consent/:uid', async (request, response) => {
    await openid.interactionDetails(request, response);
    response.send(page('Allow access', `<h1>Allow access</h1>
<p>The shop wants to know your name.</p>
<form method="post" action="${escape(request.path)}"><button id="allow">Allow</button></form>
<form method="post" action="${escape(request.path)}/cancel"><button id="cancel">Cancel</button></form>`));
  });

  router.post('/consent/:uid', async (request, response) => {
    const { prompt, params, session, grantId } = await openid.interactionDetails(request, response);
    const grant = (grantId && (await openid.Grant.find(grantId)))
      || new openid.Grant({ accountId: session.accountId, clientId: params.client_id });
    grant.addOIDCScope((prompt.details.missingOIDCScope ?? ['openid']).join(' '));
    grant.addOIDCClaims(prompt.details.missingOIDCClaims ?? []);
    const consent = { grantId: await grant.save() };
    await openid.interactionFinished(request, response, { consent }, { mergeWithLastSubmission: true });
  });

  router.post(['/login/:uid/cancel', '/consent/:uid/cancel'], async (request, response) => {
    const denied = { error: 'access_denied', error_description: 'the user said no' };
    await openid.interactionFinished(request, response, denied, { mergeWithLastSubmission: false });
  });

  router.use(openid.callback());
  router.use((error, _request, response, next) => {
    if (!(error instanceof errors.SessionNotFound)) return next(error);
    response.status(400).send(page('Error', '<h1>Error</h1><p>This sign-in is over.</p>'));
  });
  return router;
}

function login(action, user, wrong = '') {
  return page('Sign in to your account', `<h1>Sign in to your account</h1>${wrong}
<form method="post" action="${escape(action)}">
<label>User <input name="user" value="${escape(user)}" autocomplete="username"></label>
<label>Password <input name="password" type="password" autocomplete="current-password"></label>
<button id="sign-in">Sign in</button></form>
<form method="post" action="${escape(action)}/cancel"><button id="cancel">Cancel</button></form>`);
}
