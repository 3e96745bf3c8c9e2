// The dashboard: asks the admin tool that opened it whose data to show.
(() => {
  const via = 'opener';
  if (!window.opener) {
    document.querySelector('#status').textContent = 'No admin tool connected';
    __coopwright.note('returned', { via, outcome: 'no-opener' });
    return;
  }
  window.addEventListener('message', ({ data }) => {
    if (data?.type !== 'dashboard-context') return;
    document.querySelector('#context').textContent = data.user;
    __coopwright.note('returned', { via, outcome: 'context-received' });
  });
  window.opener.postMessage({ type: 'dashboard-ready' }, '*');
})();
