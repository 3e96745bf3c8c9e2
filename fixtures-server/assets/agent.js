// The agent of a fixture page: tells the server what this document sees, and does what a scenario's
// steps ask of its page. It reports to its own origin and never through the opener, which may be cut.
// Messages between agents carry the key `__coopwright`; pages never see them.
(() => {
  const agent = window.__coopwright;
  const { config } = agent;
  const MARK = "__coopwright";
  const handles = new Map();
  const messageIds = new WeakMap();
  const waiting = new Map();
  let notes = 0;
  let messages = 0;
  let pings = 0;

  // Notes may overtake each other on their way; the number puts them in order again.
  agent.note = (type, detail = {}) => {
    const body = JSON.stringify({ type, doc: config.doc, page: config.page, number: notes++, ...detail });
    return fetch("/__coopwright/push", { method: "POST", mode: "no-cors", keepalive: true, body }).catch(() => {});
  };

  agent.origin = (site) => config.sites[site];

  // What a page made of a message it got; see `client.js`.
  agent.judge = (event, verdict) => agent.note("judged", { id: messageIds.get(event), verdict });

  const attempt = (read, otherwise) => {
    try { return read(); } catch { return otherwise; }
  };

  // --- what this document sees when it starts ---

  const hasSharedMemory = typeof SharedArrayBuffer !== "undefined";
  agent.seen = {
    opener: window.opener !== null,
    name: window.name,
    isolated: window.crossOriginIsolated === true,
    secure: window.isSecureContext,
    sharedMemory: hasSharedMemory,
    framed: window !== window.top,
    session: attempt(() => sessionStorage.getItem(MARK), null),
  };
  // In a batch the page reports in its own way; see `batch.js`.
  if (!config.batch) agent.note("document", agent.seen);
  addEventListener("pageshow", (event) => {
    if (event.persisted) agent.note("restored", { opener: window.opener !== null });
  });
  // A form that is on its way out: what comes next is another page.
  addEventListener("submit", (event) => {
    const target = event.submitter?.formTarget || event.target.target;
    agent.leaving = !event.defaultPrevented && (target === "" || target === "_self");
  });
  addEventListener("error", (event) => agent.note("error", { message: event.message }));

  // A SharedArrayBuffer counts as usable only if a worker's write can be read here.
  const provesSharedMemory = () => new Promise((resolve) => {
    const source = "onmessage = (e) => { Atomics.store(new Int32Array(e.data), 0, 42); postMessage(0); }";
    const worker = new Worker(URL.createObjectURL(new Blob([source], { type: "text/javascript" })));
    const done = (usable) => { worker.terminate(); resolve(usable); };
    worker.onerror = () => done(false);
    try {
      const buffer = new SharedArrayBuffer(4);
      worker.onmessage = () => done(Atomics.load(new Int32Array(buffer), 0) === 42);
      worker.postMessage(buffer);
    } catch { done(false); }
  });
  agent.memory = hasSharedMemory ? provesSharedMemory() : Promise.resolve(false);
  if (hasSharedMemory && !config.batch) agent.memory.then((usable) => agent.note("memory", { usable }));

  // --- messages ---

  addEventListener("message", (event) => {
    const { data } = event;
    if (data !== null && typeof data === "object" && MARK in data) {
      event.stopImmediatePropagation();
      if (data[MARK] === "batch") agent.meet?.(event);
      if (data[MARK] === "visitor") agent.greet?.(event);
      if (data[MARK] === "ping" && !agent.closes) event.source?.postMessage({ [MARK]: "pong", id: data.id }, "*");
      if (data[MARK] === "pong") waiting.get(data.id)?.();
      if (data[MARK] === "fence") agent.note("fence", { origin: event.origin });
      return;
    }
    const id = ++messages;
    messageIds.set(event, id);
    const kind = typeof data === "object" && data !== null ? String(data.type) : String(data);
    agent.note("message", { id, origin: event.origin, kind });
  }, true);

  // A turn of the event loop that background throttling does not slow down.
  const turn = () => new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => { port1.close(); resolve(); };
    port2.postMessage(0);
  });

  const answers = async (target, limit) => {
    const id = `${config.doc}-${++pings}`;
    let answered = false;
    waiting.set(id, () => { answered = true; });
    const end = performance.now() + limit;
    let next = 0;
    while (!answered && performance.now() < end) {
      // A ping that meets a document on its way out is lost: ask again now and then.
      if (performance.now() >= next) {
        target.postMessage({ [MARK]: "ping", id }, "*");
        next = performance.now() + 100;
      }
      await turn();
      if (attempt(() => target.closed, false)) break;
    }
    waiting.delete(id);
    return answered;
  };

  // --- popups ---

  const byLink = (url, target, rel) => {
    const link = document.createElement("a");
    Object.assign(link, { href: url, target });
    if (rel) link.rel = rel;
    document.body.append(link);
    link.click();
    link.remove();
    return undefined;
  };

  const opening = agent.opening = {
    "direct": (url) => window.open(url),
    "named": (url, name) => window.open(url, name),
    "noopener": (url, name) => window.open(url, name, "noopener"),
    "noreferrer": (url, name) => window.open(url, name, "noreferrer"),
    "blank-then-assign": (url, name) => {
      const popup = window.open("", name);
      if (popup !== null) popup.location = url;
      return popup;
    },
    "link": (url, name) => byLink(url, name, "opener"),
    "link-noopener": (url, name) => byLink(url, name, "noopener"),
  };

  const kept = (as, handle) => {
    handles.set(as, handle);
    const state = handle === undefined ? "none" : handle === null ? "null" : "handle";
    agent.note("opened", { as, handle: state, closed: handle?.closed });
    return state;
  };

  agent.handle = (as) => handles.get(as);

  const leaveMark = (as) => attempt(() => sessionStorage.setItem(MARK, as));

  // WebKit's storage is another process's, and a popup that is opened at once may get a copy without what
  // was just written. A request takes the same way to that process, later.
  agent.mark = async ({ as }) => {
    leaveMark(as);
    await fetch("/__coopwright/frame");
  };

  // Opens a popup; says what `window.open` gave: "handle", "null", or "none" for a link.
  agent.open = ({ as, url, how }) => {
    leaveMark(as);
    return kept(as, opening[how](url, `coopwright-${as}`));
  };

  // What the opener's handle is worth once the popup has shown a document: "live" is proved by an
  // answer through the handle, "reads-closed" by `closed`; "silent" is neither within the limit (ms).
  agent.relation = async ({ as, limit }) => {
    const handle = handles.get(as);
    if (handle === undefined) return "none";
    if (handle === null) return "null";
    const answered = await answers(handle, limit);
    if (answered) return "live";
    if (!handle.closed) return "silent";
    agent.note("closed", { of: as });
    return "reads-closed";
  };

  agent.send = ({ to, message, target }) => {
    const receiver = to === "opener" ? window.opener : handles.get(to);
    if (!receiver) { agent.note("sent", { to, kind: message.type, outcome: "no-window" }); return "no-window"; }
    receiver.postMessage(message, target);
    receiver.postMessage({ [MARK]: "fence" }, "*");
    agent.note("sent", { to, kind: message.type, target, outcome: "sent" });
    return "sent";
  };

  agent.submit = ({ as, url, fields }) => {
    const form = document.createElement("form");
    Object.assign(form, { method: "post", action: url, hidden: true });
    if (as) form.target = `coopwright-${as}`;
    for (const [name, value] of Object.entries(fields)) {
      const input = document.createElement("input");
      Object.assign(input, { name, value });
      form.append(input);
    }
    document.body.append(form);
    if (as) kept(as, undefined);
    form.submit();
  };

  // --- fetches and resources ---

  agent.fetch = async ({ url, ...init }) => {
    try {
      const response = await fetch(url, init);
      const opaque = response.type === "opaque";
      return {
        result: opaque ? "opaque" : "readable",
        status: response.status,
        headers: [...response.headers.keys()],
        body: opaque ? null : await response.text(),
      };
    } catch (error) {
      return { result: "blocked", error: String(error) };
    }
  };

  const events = (element) => new Promise((resolve) => {
    element.addEventListener("load", () => resolve("loaded"));
    element.addEventListener("error", () => resolve("blocked"));
  });

  const embed = agent.embed = (tag, properties) => {
    const element = document.createElement(tag);
    const outcome = events(element);
    for (const [key, value] of Object.entries(properties)) {
      if (value !== null && value !== undefined) element.setAttribute(key, value);
    }
    (tag === "link" ? document.head : document.body).append(element);
    return [element, outcome];
  };

  // A frame comes to rest with `load`: in Chromium always, for an error page fires it, too; in others only
  // where it came in. There a control frame, put in once the server has answered for the first, is the
  // sign: it comes from the same place by the same way, and later. Whether a frame came in only the driver
  // can tell.
  const placed = new Map();
  agent.place = ({ as, url, sandbox, allow }) => {
    const [element, loaded] = embed("iframe", { sandbox, allow, src: url, "data-coopwright": as });
    placed.set(as, { url, sandbox, loaded });
    return [element, loaded];
  };
  agent.rest = ({ as }) => {
    const { url, sandbox, loaded } = placed.get(as);
    const src = new URL("/__coopwright/frame", url);
    const [control, arrived] = embed("iframe", { sandbox, src });
    return Promise.race([loaded, arrived]).finally(() => control.remove());
  };
  agent.frame = (given) => agent.place(given)[1];

  const loading = {
    image: (url, crossorigin) => embed("img", { crossorigin, src: url, alt: "" })[1],
    script: (url, crossorigin) => embed("script", { crossorigin, src: url })[1],
    style: (url, crossorigin) => embed("link", { crossorigin, rel: "stylesheet", href: url })[1],
    worker: (url) => new Promise((resolve) => {
      const worker = attempt(() => new Worker(url), null);
      if (worker === null) { resolve("blocked"); return; }
      const done = (outcome) => { worker.terminate(); resolve(outcome); };
      worker.onmessage = () => done("loaded");
      worker.onerror = () => done("blocked");
      worker.postMessage("ready?");
    }),
  };

  agent.load = ({ kind, url, crossorigin }) => loading[kind](url, crossorigin);
})();
