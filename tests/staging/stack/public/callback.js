// The landing page in the popup: hands the answer to the page that opened it.
const settings = { authority: location.origin, client_id: 'shop', redirect_uri: location.href };
new oidc.UserManager(settings).signinPopupCallback().catch((error) => {
  document.body.textContent = `Cannot hand over: ${error.message}`;
});
