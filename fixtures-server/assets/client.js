// The client app: starts logins as popup libraries do (authorization code with PKCE and state), checks
// what comes back, redeems the code, and reports how it ended. Also answers an admin dashboard and
// takes payment results and single-sign-on tickets, from the sites of its own stage only.
(() => {
  const agent = window.__coopwright;
  const RESUME = "coopwright-login";
  const trusted = new Set(Object.values(agent.config.sites));
  let current = null;

  const base64url = (bytes) =>
    btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
  const random = () => base64url(crypto.getRandomValues(new Uint8Array(32)));
  const digest = async (text) =>
    base64url(new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text))));

  const show = (text) => {
    const status = document.querySelector("#status");
    if (status) status.textContent = text;
  };

  // Ends a login once; whatever comes later changes nothing, as in real clients.
  const finish = (login, outcome, detail) => {
    if (login.ended) return;
    login.ended = true;
    login.cleanUp?.();
    show(`login ${outcome}${detail ? `: ${detail}` : ""}`);
    agent.note("login", { outcome, detail });
  };

  const redeem = async (login, code) => {
    if (login.redeeming || login.ended) return;
    login.redeeming = true;
    const body = new URLSearchParams({
      grant_type: "authorization_code", code, client_id: "app",
      redirect_uri: login.callback, code_verifier: login.verifier,
    });
    try {
      const response = await fetch(login.token, { method: "POST", body });
      const answer = await response.json();
      if (answer.access_token) finish(login, "completed");
      else finish(login, "failed", `token endpoint: ${answer.error}`);
    } catch (error) {
      finish(login, "failed", `token endpoint: ${error}`);
    }
  };

  // Looks at a result and says what it made of it: "accepted" or "rejected: …".
  const take = (login, result, origin) => {
    const { checks } = login;
    if (origin !== undefined && checks.origin !== "*" && origin !== checks.origin) return "rejected: wrong origin";
    if (checks.type && result?.type !== "login-result") return "rejected: wrong type";
    if (checks.state && result?.state !== login.state) return "rejected: wrong state";
    if (result?.error) finish(login, result.error === "access_denied" ? "denied" : "failed", result.error);
    else redeem(login, result?.code);
    return "accepted";
  };

  const otherMessages = (event) => {
    const type = event.data?.type;
    if (!trusted.has(event.origin)) return "rejected: wrong origin";
    if (type === "dashboard-ready") {
      event.source?.postMessage({ type: "dashboard-context", user: "ada" }, event.origin);
      return "accepted";
    }
    if (type === "payment-result" || type === "sso-ticket") {
      show(type === "payment-result" ? "Paid." : "Signed in by ticket.");
      return "accepted";
    }
    return "rejected: wrong type";
  };

  addEventListener("message", (event) => {
    const forLogin = current !== null && current.returns.startsWith("opener");
    agent.judge(event, forLogin ? take(current, event.data, event.origin) : otherMessages(event));
  });

  const listen = {
    "opener": () => {},
    "opener-unguarded": () => {},
    "broadcast": (login) => {
      const channel = new BroadcastChannel(`login-${login.state}`);
      channel.onmessage = (event) => agent.note("returned-result", { verdict: take(login, event.data) });
      login.cleanUp = () => channel.close();
    },
    "storage": (login) => {
      const key = `login-${login.state}`;
      const heard = (event) => {
        if (event.key !== key || event.newValue === null) return;
        localStorage.removeItem(key);
        agent.note("returned-result", { verdict: take(login, JSON.parse(event.newValue)) });
      };
      addEventListener("storage", heard);
      login.cleanUp = () => removeEventListener("storage", heard);
    },
    "backend": async (login) => {
      while (!login.ended) {
        const response = await fetch(`${login.record}?state=${login.state}`);
        if (response.status !== 200) continue;
        const result = { type: "login-result", ...(await response.json()) };
        agent.note("returned-result", { verdict: take(login, result) });
        return;
      }
    },
  };

  const watchClosed = (login) => {
    const timer = setInterval(() => {
      if (!agent.handle(login.as).closed) return;
      clearInterval(timer);
      // A result that is already being redeemed counts for more than a closed window.
      if (!login.redeeming) finish(login, "cancelled", "popup.closed reads true");
    }, 50);
    const before = login.cleanUp;
    login.cleanUp = () => { clearInterval(timer); before?.(); };
  };

  // Starts a login. Resolves to what `window.open` gave, or to "redirecting".
  agent.login = async (options) => {
    const login = { ...options, state: random(), verifier: random(), ended: false };
    const url = new URL(login.at);
    url.search = new URLSearchParams({
      response_type: "code", client_id: "app", redirect_uri: login.callback, state: login.state,
      code_challenge: await digest(login.verifier), code_challenge_method: "S256",
    });
    if (login.returns === "redirect") {
      sessionStorage.setItem(RESUME, JSON.stringify(login));
      location.assign(url);
      return "redirecting";
    }
    current = login;
    listen[login.returns](login);
    const opened = await agent.open({ as: login.as, url: url.href, how: login.how });
    if (login.watchesClosed) {
      if (opened === "handle") watchClosed(login);
      else finish(login, "failed", "window.open returned null, taken for a blocked popup");
    }
    return opened;
  };

  // Whoever tries the page by hand gets the stage's own login.
  const own = agent.config.options?.login;
  document.querySelector("#login")?.addEventListener("click", () => {
    if (own) agent.login({ ...own, as: "login", how: "direct" });
    else show("This stage has no identity provider.");
  });

  // The way back of a full-page redirect: the callback page is the app again.
  if (agent.config.options?.returns === "redirect") {
    const saved = sessionStorage.getItem(RESUME);
    sessionStorage.removeItem(RESUME);
    if (saved === null) agent.note("login", { outcome: "failed", detail: "no login was started in this tab" });
    else {
      const login = { ...JSON.parse(saved), ended: false };
      const query = new URLSearchParams(location.search);
      const result = { type: "login-result", ...Object.fromEntries(query) };
      const verdict = take(login, result);
      agent.note("returned-result", { verdict });
      if (verdict !== "accepted") finish(login, "failed", verdict);
    }
  }
})();
