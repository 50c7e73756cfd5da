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

// How much time is left. It is a timer, which screen readers ask for; they are told once
// a minute.
const clock = document.querySelector("[data-until]");
if (clock) {
  const told = document.createElement("span");
  told.className = "vh";
  told.setAttribute("role", "status");
  clock.after(told);
  const end = Date.now() + Number(clock.dataset.until) * 1000;
  const tick = () => {
    const left = Math.max(0, Math.round((end - Date.now()) / 1000));
    clock.textContent = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
    if (left % 60 === 0) told.textContent = clock.textContent;
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
  const live = document.querySelector("[data-live]");
  const showState = (isOn) => {
    live.hidden = false;
    live.querySelector(".dot").className = isOn ? "dot on" : "dot off";
    const word = live.querySelector("[data-live-on]");
    word.textContent = isOn ? word.dataset.liveOn : word.dataset.liveOff;
  };
  // Screen readers are told of new calls every 10 s at most.
  let toldAt = 0, later, latest = "";
  const tellOfCalls = () => {
    clearTimeout(later);
    const wait = toldAt + 10_000 - Date.now();
    if (wait > 0) { later = setTimeout(tellOfCalls, wait); return; }
    toldAt = Date.now();
    fresh.querySelector("a").textContent = latest;
    fresh.hidden = false;
  };
  let source;
  const connect = () => {
    source?.close();
    source = new EventSource(tabs.dataset.news);
    source.addEventListener("open", () => showState(true));
    source.addEventListener("error", () => {
      showState(false);  // the browser tries again, unless the answer was a refusal
      if (source.readyState === EventSource.CLOSED) setTimeout(connect, 30_000);
    });
    source.addEventListener("counts", (event) => {
      const counts = JSON.parse(event.data);
      put("keys", counts.keys);
      put("outbox", counts.outbox);
      if (!fresh || !counts.calls) return;
      const shown = counts.calls < MANY ? String(counts.calls) : `${MANY}+`;
      latest =
        counts.calls === 1
          ? fresh.dataset.newCall
          : fresh.dataset.newCalls.replace("{n}", shown);
      tellOfCalls();
    });
  };
  connect();
  addEventListener("online", connect);
}
