// "Run it in this browser": a link that is ready before it is clicked, and what is said while it runs.

import { el, show, prose } from "./base.js";
import * as api from "./api.js";

/**
 * `body()` says what to run, null where nothing can be. `begun()` hears that it runs, `done(unit, check)` gets what came of it.
 * Gives { element, prepare, rename }. `prepare` must be called whenever the body changes.
 */
export function runner({ label, body, begun, done, refused, onLeave }) {
  const anchor = el("a", { class: "go", target: "_blank", rel: "noopener", role: "link" });
  const status = el("div", { role: "status", class: "status" });
  const stop = el("button", { type: "button", class: "plain" }, "Give up");
  const element = el("div", { class: "runner" }, el("div", { class: "go-row" }, anchor, stop), status);
  const see = el("button", { type: "button", class: "plain small" }, "See it");
  see.addEventListener("click", () => {
    const heading = document.querySelector(".check-result h2, .result h2");
    heading?.scrollIntoView();
    heading?.focus({ preventScroll: true });
  });
  let token = null;
  let source = null;
  let started = false;
  let followed = false;
  let wanted = 0;
  let again = false;
  let gone = -Infinity;

  const face = (ready, words) => {
    show(anchor, svgArrow(), words);
    if (ready) anchor.href = ready;
    else anchor.removeAttribute("href");
    anchor.setAttribute("aria-disabled", String(!ready));
    anchor.tabIndex = 0;
    stop.hidden = !started;
  };
  const say = (kind, ...words) => {
    status.className = `status ${kind}`;
    show(status, words);
    if (words.length && (kind === "ask" || kind === "good" || kind === "bad")) status.scrollIntoView({ block: "nearest" });
  };
  const close = () => {
    source?.close();
    source = null;
  };
  const end = () => {
    close();
    if (token) api.drop(token);
    token = null;
    started = followed = false;
  };
  const title = (mark) => { document.title = mark + document.title.replace(/^[…✓!] /, ""); };

  /** Makes the link ready. What is said of the last run stays. */
  async function prepare(keep = false) {
    const mine = ++wanted;
    end();
    if (!keep) say("", "");
    const given = body();
    if (given === null) {
      face(null, label);
      return;
    }
    stop.textContent = "Give up";
    face(null, "Getting ready …");
    try {
      const run = await api.prepare(given);
      if (mine !== wanted) {
        api.drop(run.run);
        return;
      }
      token = run.run;
      if (!document.hidden) listen(mine);
      face(/^https?:/.test(run.open) ? run.open : null, again ? `${label} again` : label);
      if (!keep) say("quiet", "It opens a new window. Keep this one: what happened will be shown here.");
    } catch (error) {
      if (mine !== wanted) return;
      face(null, label);
      if (error.faults?.length && refused) {
        say("bad", "These headers cannot be sent.");
        refused(error.faults);
      } else say("bad", prose(error.message));
    }
  }

  function listen(mine) {
    source = api.events(token);
    // It tries again by itself, but a server that has gone does not come back.
    let failures = 0;
    source.addEventListener("message", (event) => {
      failures = 0;
      if (mine === wanted) hear(JSON.parse(event.data));
    });
    source.addEventListener("error", () => {
      failures += 1;
      if (mine === wanted && (source?.readyState === EventSource.CLOSED || failures > 1)) lost();
    });
  }

  /** Nothing more will be heard. Another run is made ready only when it is asked for. */
  function lost() {
    wanted += 1;
    end();
    face(null, label);
    stop.hidden = false;
    stop.textContent = "Get ready again";
    say("bad", prose("The demo's server does not know this run any more. Is `coopwright demo` still running?"));
  }

  function hear({ phase, ask, error, unit, check }) {
    if (phase === "waiting") return;
    if (phase === "gone") {
      if (performance.now() - gone < 3000) {
        lost();
        return;
      }
      gone = performance.now();
      close();
      token = null;
      const ran = started;
      started = false;
      prepare(ran);
      if (ran) say("bad", "The run was lost: its window was closed, or nobody went on with it. Nothing is broken; run it again.");
      return;
    }
    if (!started && (phase === "asks" || phase === "running")) {
      started = true;
      begun?.();
      title("… ");
      face(null, "Running …");
    }
    if (phase === "asks" && ask) {
      say("ask", el("b", null, "Your turn. "), "In the window of ", el("code", null, ask.window), ", click ", el("b", { class: "mock" }, ask.what), ".");
    } else if (phase === "running" || phase === "asks") {
      say("busy", "The browser is at work …");
    } else if (phase === "failed") {
      finish("! ");
      say("bad", el("b", null, "It could not be run to its end: "), prose(error ?? ""), ". If you have closed or reloaded one of its windows, run it again.");
      if (unit?.timeline?.length) done(unit, check);
    } else if (phase === "done") {
      finish("✓ ");
      say("good", el("b", null, "Done. "), "What your browser did is below. ", see);
      done(unit, check);
    }
  }

  /** The server keeps nothing of a run that is over; the next one is made ready at once. */
  function finish(mark) {
    title(mark);
    again = true;
    close();
    prepare(true);
  }

  anchor.addEventListener("click", (event) => {
    if (!anchor.hasAttribute("href")) {
      event.preventDefault();
      return;
    }
    followed = true;
    // A program may click where nobody looks.
    if (source === null && token !== null) listen(wanted);
    // The browser follows the link first.
    setTimeout(() => {
      started = true;
      face(null, "Running …");
      say("busy", "A new window has opened. If you do not see it, look at your tabs.");
    });
  });
  stop.addEventListener("click", () => {
    title("");
    prepare();
    anchor.focus();
  });
  // A browser holds but six connections to a server, for all its tabs: those that wait unseen do without.
  const seen = () => {
    if (document.hidden && !followed && !started) close();
    else if (!document.hidden && token !== null && source === null) listen(wanted);
  };
  document.addEventListener("visibilitychange", seen);
  onLeave(() => {
    document.removeEventListener("visibilitychange", seen);
    wanted += 1;
    end();
  });
  face(null, label);
  /** Other words on the link, from the next time on that it is made ready. */
  const rename = (words) => { label = words; };
  return { element, prepare, rename };
}

function svgArrow() {
  const drawing = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  drawing.setAttribute("viewBox", "0 0 22 22");
  drawing.setAttribute("aria-hidden", "true");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("d", "M6 3.5v15L18.5 11z");
  drawing.append(path);
  return drawing;
}
