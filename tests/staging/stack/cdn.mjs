// A third party's resources: as most of them are, without Cross-Origin-Resource-Policy, and as some are.

import express from 'express';

// One red pixel.
const picture = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==',
  'base64',
);

export function cdn() {
  const router = express.Router();
  router.get('/picture.png', (_request, response) => response.type('png').send(picture));
  router.get('/open.png', (_request, response) => {
    response.set('Cross-Origin-Resource-Policy', 'cross-origin').type('png').send(picture);
  });
  router.get('/shared.png', (_request, response) => {
    response.set('Access-Control-Allow-Origin', '*').type('png').send(picture);
  });
  router.get('/library.js', (_request, response) => {
    response.type('js').send('document.documentElement.dataset.library = "there";\n');
  });
  return router;
}
