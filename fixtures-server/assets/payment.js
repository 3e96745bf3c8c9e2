// The payment page: reports to the shop that opened it, then closes itself.
document.querySelector('#pay').addEventListener('click', async () => {
  const status = document.querySelector('#status');
  const via = 'opener';
  if (!window.opener) {
    status.textContent = 'Paid, but the shop cannot be told';
    __coopwright.note('returned', { via, outcome: 'no-opener' });
    return;
  }
  const target = document.referrer ? new URL(document.referrer).origin : '*';
  window.opener.postMessage({ type: 'payment-result', status: 'paid' }, target);
  window.opener.postMessage({ __coopwright: 'fence' }, '*');
  status.textContent = 'Paid. You can close this window.';
  try {
    await __coopwright.note('returned', { via, outcome: 'sent', target });
  } finally {
    window.close();
  }
});
