// Answers one path by itself, and takes part in navigations, as an app shell does.
self.addEventListener('install', () => self.skipWaiting());
self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()));
self.addEventListener('fetch', (event) => {
  const { pathname } = new URL(event.request.url);
  if (pathname === '/live-answer') event.respondWith(new Response('by the service worker'));
  else if (event.request.mode === 'navigate') event.respondWith(fetch(event.request));
});
