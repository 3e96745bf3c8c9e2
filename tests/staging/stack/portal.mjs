// A customer's site that embeds the shop's widget.

import express from 'express';

import { page } from './html.mjs';

export function portal({ origins }) {
  const router = express.Router();
  router.get('/', (_request, response) => {
    const frame = `<iframe id="widget" title="The shop" src="${origins.app}/widget" width="400" height="200"></iframe>`;
    response.send(page('A portal', `<h1>A portal</h1>${frame}`));
  });
  return router;
}
