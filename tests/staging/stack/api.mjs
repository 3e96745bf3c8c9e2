// The API that the app asks with its access token.

import express from 'express';

export function api({ origins, users }, openid) {
  const router = express.Router();
  router.use((request, response, next) => {
    response.vary('Origin');
    if (request.headers.origin === origins.app) {
      response.set('Access-Control-Allow-Origin', origins.app);
      response.set('Access-Control-Allow-Headers', 'authorization');
    }
    if (request.method === 'OPTIONS') response.status(204).end();
    else next();
  });
  router.get('/profile', async (request, response) => {
    const [, bearer] = /^Bearer (.+)$/i.exec(request.headers.authorization ?? '') ?? [];
    const token = bearer && (await openid.AccessToken.find(bearer));
    if (!token || !Object.hasOwn(users, token.accountId)) {
      response.status(401).json({ error: 'invalid_token' });
      return;
    }
    response.json({ user: token.accountId, orders: 3 });
  });
  return router;
}
