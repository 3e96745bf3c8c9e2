// Which page is shown, and what all pages have: the theme, and links that load nothing anew.

import { el, show } from "./base.js";
import { home } from "./home.js";
import { lessonPage } from "./lesson.js";
import { playground } from "./playground.js";
import { exercisePage, exercises } from "./exercises.js";

const main = document.querySelector("main");
let leave = [];
let turn = 0;

const ROUTES = [
  [/^\/$/, home, "/"],
  [/^\/lesson\/([^/]+)\/?$/, lessonPage, "/"],
  [/^\/playground\/?$/, playground, "/playground"],
  [/^\/exercises\/?$/, exercises, "/exercises"],
  [/^\/exercise\/([^/]+)\/?$/, exercisePage, "/exercises"],
];

/** Shows the page of the address. A page gets `onLeave`, for what must end when it goes. */
async function go(byLink) {
  leave.splice(0).forEach((end) => end());
  const mine = ++turn;
  const found = ROUTES.map(([pattern, page, nav]) => ({ match: pattern.exec(location.pathname), page, nav }))
    .find(({ match }) => match);
  for (const link of document.querySelectorAll("nav a")) {
    if (link.getAttribute("href") === found?.nav) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  let content;
  const ends = [];
  try {
    content = found
      ? await found.page({ name: decodeURIComponent(found.match[1] ?? ""), onLeave: (end) => ends.push(end) })
      : { title: "Not here", body: [el("h1", null, "There is no such page"), el("p", null, el("a", { href: "/" }, "To the lessons"))] };
  } catch (error) {
    content = {
      title: "Not to be had",
      body: [el("h1", null, "That did not work"), el("p", { class: "note bad" }, error.message), el("p", null, el("a", { href: "/" }, "To the lessons"))],
    };
  }
  if (mine !== turn) {
    ends.forEach((end) => end());
    return;
  }
  leave = ends;
  show(main, content.body);
  document.title = `${content.title} · coopwright demo`;
  content.shown?.();
  if (byLink) {
    scrollTo(0, 0);
    main.focus({ preventScroll: true });
  }
}

document.querySelector(".skip").addEventListener("click", (event) => {
  event.preventDefault();
  main.focus();
  main.scrollIntoView();
});
document.addEventListener("click", (event) => {
  const link = event.target.closest?.("a[href]");
  if (!link || event.defaultPrevented || event.button !== 0) return;
  if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey || link.target) return;
  const url = new URL(link.href);
  if (url.origin !== location.origin || url.hash || !ROUTES.some(([pattern]) => pattern.test(url.pathname))) return;
  event.preventDefault();
  history.pushState(null, "", url);
  go(true);
});
addEventListener("popstate", () => go(false));
addEventListener("pagehide", () => leave.splice(0).forEach((end) => end()));
addEventListener("pageshow", (event) => {
  if (event.persisted) go(false);
});

// --- light and dark ---

const toggle = document.querySelector("#theme");
const system = matchMedia("(prefers-color-scheme: dark)");
const isDark = () => (document.documentElement.dataset.theme ?? (system.matches ? "dark" : "light")) === "dark";
const name = () => { toggle.textContent = isDark() ? "Light" : "Dark"; toggle.setAttribute("aria-label", `Show the site ${isDark() ? "light" : "dark"}`); };
toggle.addEventListener("click", () => {
  const theme = isDark() ? "light" : "dark";
  document.documentElement.dataset.theme = theme;
  try {
    localStorage.setItem("theme", theme);
  } catch {
    // No storage: it holds for this page.
  }
  name();
});
system.addEventListener("change", name);
name();
go(false);
