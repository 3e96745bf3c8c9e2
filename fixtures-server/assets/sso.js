// The legacy single sign-on page: it never asks whether there is an opener.
(() => {
  const via = 'opener';
  window.addEventListener('error', ({ message }) => {
    __coopwright.note('returned', { via, outcome: 'threw', message });
  });
  window.opener.postMessage({ type: 'sso-ticket', ticket: 'ST-1856339' }, '*');
  window.opener.postMessage({ __coopwright: 'fence' }, '*');
  document.querySelector('#status').textContent = 'Done. You can close this window.';
  __coopwright.note('returned', { via, outcome: 'sent' });
})();
