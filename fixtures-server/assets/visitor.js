// Where the browser is somebody's own: there is no driver, so the page asks the server what to do, does it,
// and says what came of it. What only people may do (a popup wants a click) it asks of them.
(() => {
  const agent = window.__coopwright;
  const number = agent.config.visitor;
  // What is said last is said though the page goes; browsers allow that for less than 64 KiB.
  const tell = (path, said) => {
    const body = JSON.stringify({ document: number, ...said });
    const keepalive = path !== "listen" && body.length < 16384;
    return fetch(`/__coopwright/visitor/${path}`, { method: "POST", body, keepalive });
  };
  const parsed = () => new Promise((go) => {
    if (document.readyState !== "loading") go();
    else document.addEventListener("DOMContentLoaded", go, { once: true });
  });

  // --- what people are asked for ---

  const ASKS = "data-coopwright-asks";
  const LOOK = "box-shadow:0 0 0 4px #fff,0 0 0 8px #b3470b;border-radius:6px;scroll-margin:6rem";
  // People may be faster than the one who asks: their click counts when it is asked for.
  let isOver = false;
  let asked = null;
  let early = null;
  addEventListener("click", (event) => {
    if (!event.isTrusted || isOver || (asked && event.composedPath().includes(asked))) return;
    early = event.target;
    event.preventDefault();
    event.stopImmediatePropagation();
  }, true);
  // Resolves at the click; `alone`, if the page itself is not to know of it.
  const clickOn = async (element, what, alone = false) => {
    const before = element.getAttribute("style");
    const clicked = new Promise((resolve) => {
      element.addEventListener("click", (event) => {
        asked = null;
        if (alone) event.stopImmediatePropagation();
        element.removeAttribute(ASKS);
        if (before === null) element.removeAttribute("style");
        else element.setAttribute("style", before);
        tell("wish", { wish: null });
        resolve();
      }, { once: true, capture: true });
    });
    asked = element;
    element.setAttribute(ASKS, "");
    element.setAttribute("style", `${before ?? ""};${LOOK}`);
    element.focus();
    await tell("wish", { wish: what });
    // A popup wants a click of now.
    const wasEarly = !alone && early !== null && element.contains(early);
    early = null;
    if (wasEarly && asked === element) element.click();
    return clicked;
  };
  const button = (what) => {
    const element = Object.assign(document.createElement("button"), { type: "button", textContent: what });
    element.style.marginTop = "1rem";
    (document.querySelector("main") ?? document.body).append(element);
    return element;
  };
  const label = (element) => (element.innerText || element.value || element.localName).trim();

  // Browsers open popups only soon after a click.
  const clicked = async (what) => {
    await parsed();
    // The page's own button does only what the lesson is about.
    const own = document.querySelector("#login");
    const element = own ?? button(what);
    await clickOn(element, own ? label(own) : what, true);
    if (!own) element.remove();
  };
  const { open, submit } = agent;
  agent.open = async (given) => {
    await clicked(`Open ${new URL(given.url).pathname}`);
    await tell("opens", {});
    const opened = open(given);
    // An empty window that nobody can lead anywhere: no page of ours comes there.
    if (opened === "null" && given.how === "blank-then-assign") await tell("strands", {});
    return opened;
  };
  agent.submit = async (given) => {
    if (given.as) {
      await clicked(`Send the form to ${new URL(given.url).pathname}`);
      await tell("opens", {});
    }
    return submit(given);
  };

  // People are to see what is in a frame, and to click there.
  const { place } = agent;
  agent.place = (given) => {
    const [element, loaded] = place(given);
    element.style.cssText = "display:block;width:100%;height:20rem;border:1px solid;border-radius:6px";
    return [element, loaded];
  };

  const { close } = window;
  window.close = () => {
    // From now on it counts as closed, though WebKit's pages live on for a moment.
    agent.closes = true;
    tell("closes", {}).catch(() => {});
    close.call(window);
  };

  // --- what the server asks for ---

  const elements = new Map();
  const framed = new WeakMap();
  let numbers = 0;
  const find = ({ using, value }) => {
    const element = using === "xpath"
      ? document.evaluate(value, document, null, XPathResult.FIRST_ORDERED_NODE_TYPE, null).singleNodeValue
      : document.querySelector(value);
    if (element === null) return null;
    elements.set(++numbers, element);
    return numbers;
  };
  agent.greet = (event) => framed.set(event.source, event.data.document);
  if (window !== window.top) window.parent.postMessage({ __coopwright: "visitor", document: number }, "*");

  const frame = async (element) => {
    const end = performance.now() + 3000;
    while (performance.now() < end) {
      const found = framed.get(element.contentWindow);
      if (found) return found;
      await new Promise((go) => setTimeout(go, 20));
    }
    return null;
  };
  const write = (element, value) => {
    element.value = value;
    for (const type of ["input", "change"]) element.dispatchEvent(new Event(type, { bubbles: true }));
  };
  // Where this script may stand, so may another; to evaluate text, a page's policy may forbid (CSP).
  const compiled = (script) => {
    const element = document.createElement("script");
    element.textContent = `window.__coopwright.compiled = function () {\n${script}\n};`;
    document.documentElement.append(element);
    element.remove();
    return agent.compiled;
  };
  const perform = {
    script: ({ script, given }) => compiled(script).apply(null, given),
    "async-script": ({ script, given }) => new Promise((done) => {
      compiled(script).apply(null, [...given, done]);
    }),
    go: ({ url }) => { location.replace(url); },
    back: () => { history.back(); },
    close: () => window.close(),
    find,
    click: async ({ element }) => { await clickOn(elements.get(element), label(elements.get(element))); },
    write: ({ element, value }) => write(elements.get(element), value),
    shown: ({ element }) => elements.get(element).checkVisibility?.() ?? true,
    frame: ({ element }) => frame(elements.get(element)),
  };

  const obey = async ({ number, command }) => {
    let value;
    // As a driver waits for what it has opened: the page's own script may stand below this one.
    await parsed();
    try {
      value = { value: (await perform[command.do](command)) ?? null };
    } catch (error) {
      value = { error: String(error) };
    }
    await tell("answer", { number, value });
  };
  // One request lives as long as the page: its end is how the server knows that the page has gone.
  const serve = async () => {
    try {
      const response = await tell("listen", { framed: window !== window.top });
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
      let text = "";
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return;
        const lines = (text + value).split("\n");
        text = lines.pop();
        for (const told of lines.map((line) => JSON.parse(line))) {
          if (!("over" in told)) obey(told);
          else if (told.over && window === window.top) return location.replace(told.over);
          else return over();
        }
      }
    } catch {
      // The page goes, or the server has gone.
    }
  };
  const over = async () => {
    isOver = true;
    await parsed();
    const text = document.createElement("p");
    text.textContent = "This run is over. You may close this window.";
    text.setAttribute("role", "status");
    (document.querySelector("main") ?? document.body).append(text);
  };

  // Firefox keeps what goes, with its request.
  addEventListener("pagehide", () => {
    navigator.sendBeacon("/__coopwright/visitor/left", JSON.stringify({ document: number }));
  });
  addEventListener("pageshow", (event) => { if (event.persisted) serve(); });
  serve();
})();
