// A page of a batch: many cells of a matrix are done in one browser, from one page that opens popups or
// embeds and fetches, some at a time. What each page is stands in its address (`popup.12.3`: the popup of
// cell 12 in lane 3). Every lane has a control origin of its own: a page that waits holds a connection,
// and browsers allow six per host.
//
// Nothing is concluded from time. A handle is live if a message passes through it and back; it reads
// closed if `closed` says so while the popup still lives: it closes itself only after the opener's verdict
// is known to the server, and its last push proves that it lived until then.
(() => {
  const agent = window.__coopwright;
  const { config } = agent;
  const MARK = "__coopwright";
  const LANES = 8;
  const PATIENCE = 300;
  const AFTER_COMMAND = 50;
  const [role, digits, lane, name] = config.batch.split(".");
  const cell = Number(digits);

  // A push to the lane's control origin; `meeting` says what it tells and what it waits for.
  const push = (at, meeting, body, keepalive = false) =>
    fetch(`${agent.origin(`coopwright-ctl-${at}`)}/__coopwright/push?${meeting}`, {
      method: "POST", credentials: "omit", keepalive, body: JSON.stringify(body),
    });

  const post = (target, message) => target.postMessage({ [MARK]: "batch", ...message }, "*");

  const report = async () => {
    const { isolated, secure, sharedMemory, opener } = agent.seen;
    return { isolated, secure, sharedMemory, opener, usable: await agent.memory };
  };

  // --- a page that is opened or framed ---

  const popup = async () => {
    const seen = await report();
    const released = push(lane, `wait=v${cell}`, { type: "popup", cell, ...seen });
    if (window.opener) post(window.opener, { type: "here", cell });
    await released;
    push(lane, `tell=l${cell}`, { type: "lived", cell }, true);
    window.close();
  };

  const frame = async () => {
    post(window.parent, { type: "here", cell, name });
    await push(lane, "", { type: "frame", cell, name, ...await report() });
    post(window.parent, { type: "reported", cell, name });
  };

  if (role === "popup") popup();
  if (role === "frame") frame();

  // --- the page that opens, embeds and fetches ---

  agent.report = report;
  const flights = new Map();
  const frames = new Map();
  const drops = new Map();

  agent.meet = ({ data, source }) => {
    if (role === "popup") {
      if (data.type === "ping") post(source, { type: "pong", cell });
      return;
    }
    const flight = flights.get(data.cell);
    if (flight && source === flight.handle) {
      if (data.type === "here") post(flight.handle, { type: "ping", cell: data.cell });
      if (data.type === "pong") flight.resolve("live");
    }
    const framed = frames.get(`${data.cell}.${data.name}`);
    if (framed && source === framed.element.contentWindow) framed[data.type]();
  };

  // Ticks of a worker: the timers of a page in the background are slowed down, and a page that asks
  // itself in a loop would burn a core that the popups need. It ends with the last flight: an engine may
  // keep the page alive when the driver has gone on to another.
  let ticker = null;
  const look = () => {
    for (const { handle, resolve } of flights.values()) if (handle.closed) resolve("reads-closed");
  };
  const startTicker = () => {
    if (ticker) return;
    const source = new Blob(["setInterval(() => postMessage(0), 4)"], { type: "text/javascript" });
    ticker = new Worker(URL.createObjectURL(source));
    ticker.onmessage = look;
  };

  const land = (number) => {
    flights.delete(number);
    if (flights.size > 0 || !ticker) return;
    ticker.terminate();
    ticker = null;
  };

  const worthOf = (handle, number) => new Promise((resolve) => {
    flights.set(number, { handle, resolve });
    startTicker();
  });

  const openOne = async ({ cell: number, url, how }, at) => {
    const handle = agent.opening[how](`${url}.${at}`, `coopwright-${number}`);
    let worth = handle === undefined ? "none" : "null";
    if (handle === null && how === "blank-then-assign") {
      // The window is there and empty: nobody has a handle to navigate it by.
      await push(at, "", { type: "stranded", cell: number });
      return;
    }
    if (handle) {
      drops.get(number).push(() => handle.close());
      worth = await worthOf(handle, number);
      land(number);
    }
    await push(at, `tell=v${number}&wait=l${number}`, { type: "verdict", cell: number, handle: worth });
  };

  const frameOne = async (act, number, at) => {
    const key = `${number}.${act.as}`;
    const { sandbox, allow } = act;
    const url = `${act.url}.${at}.${act.as}`;
    const [element, loaded] = agent.place({ as: key, url, sandbox, allow });
    drops.get(number).push(() => element.remove());
    let isHere = false;
    let arrive;
    const here = new Promise((resolve) => { arrive = () => { isHere = true; resolve(); }; });
    const reported = new Promise((resolve) => {
      frames.set(key, { element, here: arrive, reported: resolve });
    });
    const rest = act.silent
      ? push(at, `wait=a${key}`, { type: "placed", cell: number }).then(() => agent.rest({ as: key }))
      : loaded;
    await Promise.race([here, rest]);
    // A frame's word comes from another process and may arrive after its `load`. Waiting a little saves
    // asking the driver; it decides nothing.
    await Promise.race([here, new Promise((resolve) => setTimeout(resolve, PATIENCE))]);
    // An error page fires `load`, too: what it is only the driver can tell.
    if (isHere) await reported;
    else await push(at, `wait=d${key}`, { type: "unsure", cell: number, name: act.as });
    frames.delete(key);
    element.remove();
    return { result: isHere ? "loaded" : "asked" };
  };

  const perform = async (act, number, at) => {
    if (act.do === "frame") return frameOne(act, number, at);
    const given = { ...act, url: `${act.url}.${at}.${act.as}` };
    if (act.do === "load") return { result: await agent.load(given) };
    const { as, do: _, ...init } = given;
    const { result, status, headers } = await agent.fetch(init);
    return { result, status, headers };
  };

  const actOne = async ({ cell: number, acts }, at) => {
    const results = {};
    for (const act of acts) results[act.as] = await perform(act, number, at);
    await push(at, "", { type: "acts", cell: number, results });
  };

  const inLanes = (cells, one) => {
    const waiting = [...cells];
    const work = async (at) => {
      for (let next = waiting.shift(); next; next = waiting.shift()) {
        const dropped = new Promise((resolve) => drops.set(next.cell, [resolve]));
        await Promise.race([one(next, at).catch(() => {}), dropped]);
        drops.delete(next.cell);
      }
    };
    for (let at = 0; at < LANES; at++) work(at);
  };

  agent.openAll = (cells) => inLanes(cells, openOne);
  // A driver's command ends only when no frame of the page is loading: the one that starts this must have
  // ended before the first frame is there, or it would last as long as the whole batch.
  agent.actAll = (cells) => { setTimeout(() => inLanes(cells, actOne), AFTER_COMMAND); };

  // Gives a cell up that did not come to an end in time.
  agent.drop = (number) => {
    land(number);
    for (const undo of drops.get(number) ?? []) undo();
  };
})();
