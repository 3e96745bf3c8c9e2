// What a unit leaves behind beside its facts: attempts, pictures, the console, and what to write where.

/** The facts that were not the same each time, by their names. */
const changedFacts = (column) => [...new Set((column?.attempts?.changed ?? []).map(({ fact }) => fact))];

/** Each attempt, and what was another from one to the next. */
function attemptsPart({ each, changed }) {
  const seconds = (ms) => `${(ms / 1000).toFixed(ms < 10000 ? 2 : 1)} s`;
  const list = el("ol", { class: "attempts" }, each.map(({ verdict, wrong, duration_ms: ms }) =>
    el("li", null, verdictMark(verdict), " ", el("b", null, verdict), " ", el("span", { class: "quiet" }, seconds(ms)),
      wrong === null ? null : el("div", null, prose(wrong)))));
  if (changed.length === 0) return list;
  const times = changed.reduce((most, { values }) => Math.max(most, values.length), 0);
  const cells = changed.some(({ cell }) => cell !== null);
  const rows = changed.map(({ cell, fact, values }) => el("tr", { class: "apart" },
    cells ? el("td", { class: "cell" }, cell ?? "") : null, el("th", { scope: "row" }, broken(fact)),
    values.map((value, at) => el("td", { class: at > 0 && value !== values[0] ? "other" : null }, value ?? missing()))));
  const heads = [cells ? "cell" : null, "fact", ...Array.from({ length: times }, (_, at) => `attempt ${at + 1}`)];
  return [list,
    notice("unstable", "Not the same each time.", "The same headers, steps and browser should show the same."),
    table("changed", heads.filter((head) => head !== null), rows)];
}

/** Pictures of windows, those of all browsers side by side; each is shown large when it is clicked. */
function picturesPart(columns) {
  const all = columns.flatMap((column, number) => (column?.pictures ?? []).map((picture) => ({ number, picture })));
  if (all.length === 0) return null;
  return el("div", { class: "pictures" }, all.map(({ number, picture: [name, atEnd, png] }) => {
    const title = [textAt(name), atEnd ? "as it ended" : null, many ? nameOf(number) : null].filter(Boolean).join(", ");
    const source = `data:image/png;base64,${textAt(png)}`;
    return el("figure", null,
      el("button", { type: "button", "aria-label": `Enlarge: ${title}`, onclick: () => enlarge(source, title) },
        el("img", { src: source, alt: title, loading: "lazy" })),
      el("figcaption", null, title));
  }));
}

/** A picture over the page, until a click or Escape. */
function enlarge(source, title) {
  const close = () => box.close();
  const box = el("dialog", { class: "picture", "aria-label": title },
    el("button", { type: "button", class: "close", "aria-label": "Close (Escape)", onclick: close }, "✕"),
    el("img", { src: source, alt: title, onclick: close }));
  box.addEventListener("click", (event) => {
    if (event.target === box) close();
  });
  box.addEventListener("close", () => box.remove());
  document.body.append(box);
  box.showModal();
}

/** The console, folded. */
function consolePart(lines) {
  return el("details", { class: "fold" }, el("summary", null, plural(lines.length, "line")),
    el("pre", { tabindex: "0" }, lines.join("\n")));
}

/** How servers and frameworks name themselves. */
const SERVERS = {
  nginx: "nginx", apache: "Apache", caddy: "Caddy", express: "Express", django: "Django", "next.js": "Next.js", nextjs: "Next.js",
  rails: "Rails", spring: "Spring", cloudflare: "Cloudflare", html: "HTML", javascript: "JavaScript",
};

/** What to write where: one server or framework at a time. */
function configPart(config) {
  const pairs = [];
  for (let at = 0; at < config.length; at += 2) pairs.push([textAt(config[at]), textAt(config[at + 1]).trimEnd()]);
  const shown = el("pre", { tabindex: "0" });
  const copy = el("button", { type: "button", class: "small" }, "Copy");
  let text = "";
  copy.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(text);
      copy.textContent = "Copied";
      setTimeout(() => (copy.textContent = "Copy"), 1500);
    } catch {
      getSelection().selectAllChildren(shown);
    }
  });
  const buttons = pairs.map(([name, lines]) => {
    const button = el("button", { type: "button", class: "small" }, SERVERS[name] ?? name);
    button.addEventListener("click", () => choose(button, lines));
    return button;
  });
  const choose = (chosen, lines) => {
    text = lines;
    shown.replaceChildren(visible(lines));
    for (const button of buttons) button.setAttribute("aria-pressed", String(button === chosen));
  };
  choose(buttons[0], pairs[0][1]);
  return el("div", { class: "config" }, el("div", { class: "choices", role: "group", "aria-label": "Write it for" }, buttons, copy), shown);
}
