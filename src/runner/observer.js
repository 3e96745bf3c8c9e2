// What a page that is not ours shows, without a change to it: its opener, its messages, the popups that it
// opens and what their handles say, resources that it does not get. Runs in every document, from its
// beginning where the browser can do that (then `tell` takes each note), else as soon as the driver is there.
// Gives an object for the driver, which pages do not find by listing what they have.
(tell) => {
  const KEY = "__coopwrightObserver";
  if (window[KEY]) return window[KEY];

  const notes = [];
  let number = 0;
  const note = (type, detail = {}) => {
    const told = { type, number: number++, at: performance.now(), ...detail };
    if (tell) tell(JSON.stringify(told)); else notes.push(told);
  };

  // --- what this document sees when it starts ---

  const look = () => ({
    url: location.href,
    began: performance.timeOrigin,
    opener: window.opener !== null,
    name: window.name,
    isolated: window.crossOriginIsolated === true,
    secure: window.isSecureContext,
    sharedMemory: typeof SharedArrayBuffer !== "undefined",
    framed: window !== window.top,
  });
  note("document", look());

  // --- messages ---

  // Only what sort of message it is: the rest may be a secret.
  const WORDS = /^[A-Za-z_-]{1,40}(:[A-Za-z_-]{1,40}){0,2}(?=$|[:{\s])/;
  const kindOf = (data) => {
    if (typeof data === "string") {
      try { return kindOf(JSON.parse(data)); } catch { return WORDS.exec(data)?.[0] ?? "text"; }
    }
    if (data === null || typeof data !== "object") return typeof data;
    for (const key of ["type", "source", "event", "kind", "action", "method"]) {
      const words = typeof data[key] === "string" && WORDS.exec(data[key]);
      if (words) return words[0];
    }
    return "object";
  };
  window.addEventListener("message", (event) => {
    if (event.source === window) return;
    const popup = opened.find(({ handle }) => handle !== null && handle === event.source);
    note("message", { origin: event.origin, kind: kindOf(event.data), as: popup?.as });
  }, true);

  // --- popups ---

  const opened = [];
  const named = new Map();
  const asks = (features) => /(^|[,\s])(noopener|noreferrer)\s*(?!\s*=\s*(0|no|false))/i.test(features ?? "");
  const wayOf = ([url, target, features]) => {
    if (asks(features)) return /noreferrer/i.test(features) ? "noreferrer" : "noopener";
    if (url === undefined || url === "" || String(url) === "about:blank") return "blank-then-assign";
    return target && target !== "_blank" ? "named" : "direct";
  };
  const addressOf = (url) => {
    try { return new URL(url, document.baseURI).href.split("#")[0]; } catch { return ""; }
  };
  const keep = (args, handle) => {
    // A name that is taken brings no new window.
    if (handle !== null && opened.some((popup) => popup.handle === handle)) return;
    const popup = { how: wayOf(args), handle, closed: false, url: addressOf(args[0]) };
    opened.push(popup);
    note("opened", { how: popup.how, handle: handle === null ? "null" : "handle" });
  };
  window.open = new Proxy(window.open, {
    apply(open, self, args) {
      const handle = Reflect.apply(open, self, args);
      if (!["_self", "_top", "_parent"].includes(args[1])) keep(args, handle);
      return handle;
    },
  });
  const byLink = (element, target, rel) => {
    if (!target || ["_self", "_top", "_parent"].includes(target)) return;
    const words = (rel ?? "").toLowerCase().split(/\s+/);
    const cut = words.includes("noopener") || words.includes("noreferrer")
      || (target === "_blank" && !words.includes("opener"));
    note("opened", { how: cut ? "link-noopener" : "link", handle: "none" });
  };
  window.addEventListener("click", (event) => {
    const link = event.target?.closest?.("a[target], area[target]");
    if (link?.href) byLink(link, link.target, link.rel);
  }, true);
  window.addEventListener("submit", (event) => {
    const form = event.target;
    byLink(form, event.submitter?.formTarget || form.target, form.rel);
  }, true);
  // `closed` over time: what a library that polls it would see.
  setInterval(() => {
    for (const [number, popup] of opened.entries()) {
      if (!popup.closed && popup.handle?.closed) {
        popup.closed = true;
        note("closed", { popup: number, as: popup.as });
      }
    }
  }, 50);

  // --- resources ---

  const blocked = (element) => {
    const url = element.currentSrc || element.src || element.href || element.data;
    if (typeof url === "string" && url !== "") {
      note("blocked", { url, element: element.localName });
    }
  };
  window.addEventListener("error", (event) => {
    if (event.target instanceof Element) blocked(event.target);
    else if (event.message) note("error", { message: String(event.message) });
  }, true);
  window.addEventListener("unhandledrejection", (event) => {
    note("error", { message: String(event.reason) });
  });
  if (!tell) {
    // Too late for events: what did not come can still be seen of pictures.
    for (const image of document.images) {
      if (image.complete && image.naturalWidth === 0 && image.currentSrc) blocked(image);
    }
  }

  const observer = {
    document: look,
    drain: () => {
      const now = performance.now();
      return notes.splice(0).map((told) => ({ ...told, age: now - told.at }));
    },
    // Names a popup: the one that was opened at this address, or else the one at this place among those that
    // have no name yet. Says how it was opened and what `window.open` gave.
    bind: ({ as, url, place }) => {
      const unnamed = opened.filter((popup) => popup.as === undefined);
      const popup = unnamed.find((popup) => url && popup.url === url) ?? unnamed[place ?? 0] ?? unnamed[0];
      if (popup === undefined) return null;
      popup.as = as;
      named.set(as, popup.handle);
      return { how: popup.how, handle: popup.handle === null ? "null" : "handle" };
    },
    open: ({ as, url, how }) => {
      const ways = {
        "direct": () => window.open(url),
        "named": () => window.open(url, `coopwright-${as}`),
        "noopener": () => window.open(url, `coopwright-${as}`, "noopener"),
        "noreferrer": () => window.open(url, `coopwright-${as}`, "noreferrer"),
        "blank-then-assign": () => {
          const popup = window.open("", `coopwright-${as}`);
          if (popup !== null) popup.location = url;
          return popup;
        },
        "link": () => link(url, `coopwright-${as}`, "opener"),
        "link-noopener": () => link(url, `coopwright-${as}`, "noopener"),
      };
      const handle = ways[how]();
      observer.bind({ as, place: opened.filter((popup) => popup.as === undefined).length - 1 });
      if (handle !== undefined) named.set(as, handle);
      return handle === undefined ? "none" : handle === null ? "null" : "handle";
    },
    // What the handle says now; what is still open may be read so a moment before it is not.
    relation: ({ as }) => {
      const handle = named.get(as);
      if (handle === undefined) return "none";
      if (handle === null) return "null";
      return handle.closed ? "reads-closed" : "reads-open";
    },
    mark: () => null,
    fetch: async ({ url, ...init }) => {
      try {
        const response = await fetch(url, init);
        const opaque = response.type === "opaque";
        return { result: opaque ? "opaque" : "readable", status: response.status, headers: [...response.headers.keys()] };
      } catch (error) {
        return { result: "blocked", error: String(error) };
      }
    },
    load: ({ kind, url, crossorigin }) => new Promise((resolve) => {
      const tags = { image: ["img", "src"], script: ["script", "src"], style: ["link", "href"] };
      const [tag, attribute] = tags[kind] ?? [];
      if (tag === undefined) { resolve("blocked"); return; }
      const element = document.createElement(tag);
      element.addEventListener("load", () => resolve("loaded"));
      element.addEventListener("error", () => resolve("blocked"));
      if (crossorigin) element.setAttribute("crossorigin", crossorigin);
      if (tag === "link") element.rel = "stylesheet";
      element.setAttribute(attribute, url);
      document.head.append(element);
    }),
  };
  const link = (url, target, rel) => {
    const element = document.createElement("a");
    Object.assign(element, { href: url, target, rel });
    document.body.append(element);
    element.click();
    element.remove();
    return undefined;
  };
  Object.defineProperty(window, KEY, { value: observer, enumerable: false });
  return observer;
}
