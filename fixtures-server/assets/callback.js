// The callback page: hands the result of a login on, in the one way that its options name.
(() => {
  const { returns, closes, record } = __coopwright.config.options;
  const query = new URLSearchParams(location.search);
  const [code, state, error] = ['code', 'state', 'error'].map((name) => query.get(name));
  const result = { type: 'login-result', code, state, error };
  const key = `login-${state}`;

  const show = (text) => {
    document.querySelector('#status').textContent = text;
  };

  const returned = (outcome, detail) =>
    __coopwright.note('returned', { via: returns, outcome, ...detail });

  const sent = async (detail) => {
    const what = error ? 'Sign-in was refused.' : 'Signed in.';
    show(returns === 'redirect' ? what : `${what} You can close this window.`);
    const noted = returned('sent', detail);
    if (!closes) return;
    try {
      await noted;
    } finally {
      window.close();
    }
  };

  const post = (target) => {
    window.opener.postMessage(result, target);
    // Messages arrive in order: whoever sees the fence has seen the result, or never will.
    window.opener.postMessage({ __coopwright: 'fence' }, '*');
    sent({ target });
  };

  const store = async () => {
    const response = await fetch(record, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ code, state, error }),
    });
    if (response.ok) return sent();
    show('Signed in, but the app cannot be told.');
    returned('failed', { status: response.status });
  };

  switch (returns) {
    case 'opener':
      if (window.opener) {
        // The app that opened this window has its callback on its own origin.
        post(location.origin);
      } else {
        show('No window to return to');
        returned('no-opener');
      }
      break;
    case 'opener-unguarded':
      // Without an opener the next line throws, and the page stays as it is: that is the bug.
      window.addEventListener('error', ({ message }) => returned('threw', { message }));
      post('*');
      break;
    case 'broadcast':
      new BroadcastChannel(key).postMessage(result);
      sent();
      break;
    case 'storage':
      // The opener removes it again.
      localStorage.setItem(key, JSON.stringify(result));
      sent();
      break;
    case 'backend':
      if (record) {
        store();
      } else {
        show('Signed in, but the app has no backend to tell.');
        returned('no-record');
      }
      break;
    case 'redirect':
      // This page is the app: `client.js` goes on from here.
      sent();
      break;
  }
})();
