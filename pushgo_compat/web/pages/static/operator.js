// The operator's pages work without this module; it adds clocks, and looks again.

// On a phone the tabs scroll: bring the current one into sight.
document.querySelector(".tabs [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });

// A button that names what a list has chosen.
for (const list of document.querySelectorAll("select[data-names]")) {
  const button = list.form.querySelector("[data-named]");
  if (!button) continue;
  const name = () => {
    button.textContent = button.dataset.named.replace("{}", list.selectedOptions[0].textContent);
  };
  list.addEventListener("change", name);
  name();
}

// How much time is left. It is a timer: screen readers ask for it, and are told nothing.
const clock = document.querySelector("[data-until]");
if (clock) {
  const end = Date.now() + Number(clock.dataset.until) * 1000;
  const tick = () => {
    const left = Math.max(0, Math.round((end - Date.now()) / 1000));
    clock.textContent = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
    if (left) setTimeout(tick, 1000);
  };
  tick();
}

// Something is awaited: ask how it stands, and show the page again when it has changed.
const awaited = document.querySelector("[data-awaits]");
if (awaited) {
  const ask = async () => {
    try {
      const answer = await fetch(awaited.dataset.awaits, { redirect: "error" });
      const now = await answer.text();
      if (answer.ok && now !== awaited.dataset.state) {
        location.replace(awaited.dataset.then ?? location.pathname);
        return;
      }
    } catch {
      // No connection: the next look tells.
    }
    setTimeout(ask, 2000);
  };
  setTimeout(ask, 2000);
}

// With the focus inside a row, j and k lead to the next and the previous one. Nowhere
// else: WCAG 2.1.4.
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key !== "j" && event.key !== "k") return;
  if (event.target.closest("input, select, textarea")) return;
  const row = event.target.closest("tr.go");
  if (!row) return;
  const rows = [...document.querySelectorAll("tr.go")];
  const next = rows[rows.indexOf(row) + (event.key === "j" ? 1 : -1)];
  if (!next) return;
  next.querySelector("a.cover").focus();
  next.scrollIntoView({ block: "nearest" });
  event.preventDefault();
});

// News: how much waits, and how many calls came since this page was shown. Nothing that
// is being read moves: new calls wait behind a link.
const tabs = document.querySelector("[data-news]");
const MANY = 50;
if (tabs) {
  const put = (name, count) => {
    const tab = tabs.querySelector(`[data-tab="${name}"]`);
    let badge = tab.querySelector(".count");
    if (!count) { badge?.remove(); return; }
    if (!badge) {
      badge = document.createElement("span");
      badge.className = "count";
      tab.append(" ", badge);
    }
    const words = document.createElement("span");
    words.className = "vh";
    words.textContent = ` ${tabs.dataset.waiting}`;
    badge.replaceChildren(count > 10_000 ? "10,000+" : String(count), words);
  };
  const fresh = document.querySelector("[data-new-calls]");
  new EventSource(tabs.dataset.news).addEventListener("counts", (event) => {
    const counts = JSON.parse(event.data);
    put("keys", counts.keys);
    put("outbox", counts.outbox);
    if (!fresh || !counts.calls) return;
    const shown = counts.calls < MANY ? String(counts.calls) : `${MANY}+`;
    fresh.querySelector("a").textContent = fresh.dataset.newCalls.replace("{n}", shown);
    fresh.hidden = false;
  });
}
