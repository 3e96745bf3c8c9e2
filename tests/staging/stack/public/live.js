// A socket and a service worker.
const socket = new WebSocket(`${location.origin.replace(/^http/, 'ws')}/live-socket`);
socket.addEventListener('open', () => socket.send('you'));
socket.addEventListener('message', ({ data }) => {
  document.querySelector('#socket').textContent += `${data}. `;
});
socket.addEventListener('error', () => {
  document.querySelector('#socket').textContent = 'no socket';
});

const worker = document.querySelector('#worker');
(async () => {
  await navigator.serviceWorker.register('/live-worker.js');
  await navigator.serviceWorker.ready;
  if (!navigator.serviceWorker.controller) {
    await new Promise((resolve) => {
      navigator.serviceWorker.addEventListener('controllerchange', resolve, { once: true });
    });
  }
  worker.textContent = await (await fetch('/live-answer')).text();
})().catch((error) => { worker.textContent = `no worker: ${error.message}`; });
