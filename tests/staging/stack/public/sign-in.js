// Signs in through a popup. What happens is shown in `#status`.
const button = document.querySelector('#sign-in');
const status = document.querySelector('#status');

async function manager() {
  const { authority } = await (await fetch('/settings.json')).json();
  return new oidc.UserManager({
    authority,
    client_id: 'shop',
    redirect_uri: `${location.origin}${button.dataset.client}callback`,
    scope: 'openid profile',
  });
}

async function greet(user) {
  status.textContent = `Signed in as ${user.profile.name}`;
  const { api } = await (await fetch('/settings.json')).json();
  const answer = await fetch(`${api}/profile`, { headers: { Authorization: `Bearer ${user.access_token}` } });
  const { orders } = await answer.json();
  document.querySelector('#profile').textContent = `${orders} orders`;
}

const ready = manager();
button.addEventListener('click', async () => {
  status.textContent = 'Signing in…';
  try {
    await greet(await (await ready).signinPopup());
  } catch (error) {
    status.textContent = error.error === 'access_denied' ? 'Access denied' : `Sign-in failed: ${error.message}`;
  }
});
