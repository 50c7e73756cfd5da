// The inbox: news as they come, pictures on a click, notifications. All else works
// without this module.

const inbox = document.querySelector("#inbox");
const root = inbox.dataset.root;
const list = document.querySelector("#msgs");
const language = document.documentElement.lang;

// HTML enters here and nowhere else: cards that our own server has rendered. The only
// script is our own worker.
const rules = {
  createHTML: (text) => text,
  createScriptURL: (url) => (url === `${root}sw.js` ? url : null),
};
const policy = window.trustedTypes?.createPolicy("pushgo", rules) ?? rules;
const cardFrom = (text) => {
  const template = document.createElement("template");
  template.innerHTML = policy.createHTML(text);
  return template.content.querySelector("article");
};

// ------------------------------------------------------------------ days and clocks

const dayOf = (date) => date.toLocaleDateString("sv");  // 2026-11-25, in the reader's zone
const dayName = (date) => {
  const today = new Date();
  const yesterday = new Date(today.getTime() - 86_400_000);
  if (dayOf(date) === dayOf(today)) return inbox.dataset.today;
  if (dayOf(date) === dayOf(yesterday)) return inbox.dataset.yesterday;
  return date.toLocaleDateString(language, { dateStyle: "full" });
};
const clockOf = (date) => date.toLocaleTimeString(language, { timeStyle: "short" });

const putDays = () => {
  for (const heading of list.querySelectorAll(".day")) heading.remove();
  let last = "";
  for (const card of list.querySelectorAll(".msg")) {
    const at = new Date(card.dataset.at);
    card.querySelector("time[data-clock]").textContent = clockOf(at);
    if (dayOf(at) === last) continue;
    last = dayOf(at);
    const heading = document.createElement("h2");
    heading.className = "day";
    heading.textContent = dayName(at);
    card.before(heading);
  }
};

// ---------------------------------------------------------- since the last visit

const putSince = () => {
  const name = `pushgo seen ${inbox.dataset.channel}`;
  let seen = 0;
  try {
    seen = Number(localStorage.getItem(name));
    localStorage.setItem(name, String(Date.now()));
  } catch {
    return;  // storage is closed in some private windows
  }
  const old = [...list.querySelectorAll(".msg")].find((c) => new Date(c.dataset.at) <= seen);
  if (!seen || !old || old === list.querySelector(".msg")) return;
  const line = document.createElement("p");
  line.className = "since";
  line.textContent = inbox.dataset.sinceText.replace("{time}", clockOf(new Date(seen)));
  old.before(line);
};

// ------------------------------------------------------------------------- in place

const openPictures = (box) => {
  const frame = document.createElement("iframe");
  frame.setAttribute("sandbox", "");
  frame.className = "frame";
  frame.title = box.querySelector("p").textContent;
  frame.src = box.dataset.pictures;
  box.replaceChildren(frame);
};
const always = document.querySelector("[data-always-pictures]");
const openAllPictures = () => {
  if (always?.checked) list?.querySelectorAll("[data-pictures]").forEach(openPictures);
};
if (always) {
  try {
    always.checked = localStorage.getItem("pushgo pictures") === "always";
  } catch { /* storage is closed: asked each time */ }
  always.addEventListener("change", () => {
    try {
      localStorage.setItem("pushgo pictures", always.checked ? "always" : "ask");
    } catch { /* as above */ }
    openAllPictures();
  });
}

document.addEventListener("click", (event) => {
  const pictures = event.target.closest("[data-pictures] a");
  const unfold = event.target.closest("[data-unfold]");
  if (pictures) {
    event.preventDefault();
    openPictures(pictures.closest("[data-pictures]"));
  } else if (unfold) {
    event.preventDefault();
    unfold.closest(".msg").querySelector(".text").classList.remove("clip");
    unfold.remove();
  }
});

// A link with another key never replaces this inbox by itself.
const other = document.querySelector("[data-switch]");
const isPlace = location.hash.startsWith("#m-")
  || document.getElementById(location.hash.slice(1)) !== null;
if (other && location.hash.length > 1 && !isPlace) {
  let key = location.hash.slice(1);
  try {
    key = decodeURIComponent(key);
  } catch { /* it was typed by hand, with a % */ }
  history.replaceState(null, "", location.pathname + location.search);
  other.elements.key.value = key;
  const question = other.querySelector("p");
  question.textContent = question.textContent.replace("…", `…${key.slice(-4)}`);
  other.hidden = false;
  other.querySelector("[data-dismiss]").addEventListener("click", () => {
    other.elements.key.value = "";
    other.hidden = true;
  });
}

// ----------------------------------------------------------------------------- live

const WAITS_S = [1, 2, 5, 10, 30];
const MOST_CARDS = 300;
const live = document.querySelector("[data-live]");
const banner = document.querySelector("[data-banner]");
const news = document.querySelector("[data-news]");
const spoken = document.querySelector("[data-spoken]");
const title = document.title;
let since = inbox.dataset.since;
let source, tries = 0, timer, lostAt, waiting = [];

const showState = (isOn) => {
  live.hidden = false;
  live.querySelector(".dot").className = isOn ? "dot on" : "dot off";
  const word = live.querySelector("[data-live-on]");
  word.textContent = isOn ? word.dataset.liveOn : word.dataset.liveOff;
};
const isReading = () => scrollY > 200 || list.contains(document.activeElement);
const put = (cards) => {
  for (const card of cards) {
    list.prepend(card);
    list.querySelectorAll(".msg:nth-of-type(n + " + (MOST_CARDS + 1) + ")").forEach((c) => c.remove());
  }
  document.querySelector("[data-empty]")?.remove();
  putDays();
  openAllPictures();
};
let spokenAt = 0;
const tell = () => {
  if (waiting.length && Date.now() - spokenAt > 10_000) {
    spokenAt = Date.now();
    spoken.textContent = inbox.dataset.new.replace("{n}", waiting.length);
  }
  document.title = document.hidden && waiting.length ? `(${waiting.length}) ${title}` : title;
  news.hidden = !waiting.length;
  news.querySelector("button").textContent = inbox.dataset.new.replace("{n}", waiting.length);
};
const arrived = async (id) => {
  since = id;
  if (document.getElementById(`m-${id}`)) return;
  const answer = await fetch(`${root}inbox/m/${id}/card`);
  if (!answer.ok) return;  // deleted meanwhile
  const card = cardFrom(await answer.text());
  if (!card) return;
  if (isReading() || document.hidden) waiting.push(card);
  else put([card]);
  tell();
};
const connect = () => {
  clearTimeout(timer);
  source?.close();
  source = new EventSource(`${root}inbox/stream?since=${encodeURIComponent(since)}`);
  let order = Promise.resolve();
  source.addEventListener("open", () => {
    tries = 0;
    lostAt = undefined;
    banner.hidden = true;
    showState(true);
  });
  source.addEventListener("message", (event) => {
    order = order.then(() => arrived(event.lastEventId)).catch(() => {});
  });
  source.addEventListener("error", () => {
    source.close();
    lostAt ??= new Date();
    const wait = WAITS_S[Math.min(tries, WAITS_S.length - 1)];
    tries += 1;
    showState(false);
    if (tries > 2) {
      banner.hidden = false;
      banner.textContent = `${inbox.dataset.offline.replace("{time}", clockOf(lostAt))} `
        + inbox.dataset.retry.replace("{n}", wait);
    }
    timer = setTimeout(connect, wait * 1000);
  });
};

if (list && inbox.dataset.channel) {
  putDays();
  putSince();
  openAllPictures();
}
if (live && since) {
  connect();
  addEventListener("online", connect);
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) return;
    navigator.clearAppBadge?.().catch(() => {});
    if (source.readyState === EventSource.CLOSED) connect();
    if (!isReading()) { put(waiting); waiting = []; }
    tell();
  });
  news.querySelector("button").addEventListener("click", () => {
    put(waiting);
    waiting = [];
    tell();
    list.querySelector(".msg")?.focus();
  });
  navigator.clearAppBadge?.().catch(() => {});
}

// -------------------------------------------------------------------- notifications

const push = document.querySelector("[data-push]");
const bytesOf = (text) => Uint8Array.from(
  atob(text.replaceAll("-", "+").replaceAll("_", "/")), (sign) => sign.charCodeAt(0),
);
const show = (state) => {
  push.hidden = false;
  for (const line of push.querySelectorAll("[data-push-state]")) {
    line.hidden = line.dataset.pushState !== state;
  }
  push.querySelector("[data-push-on]").hidden = !["offer", "failed"].includes(state);
  push.querySelector("[data-push-later]").hidden = state !== "offer";
  for (const name of ["[data-push-test]", "[data-push-off]"]) {
    push.querySelector(name).hidden = state !== "on";
  }
};
const tellServer = async (method, subscription) => {
  const answer = await fetch(`${root}inbox/webpush`, {
    method,
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(subscription),
  });
  if (!answer.ok) throw new Error(String(answer.status));
};
const hasKey = (subscription) => {
  const key = subscription.options?.applicationServerKey;
  if (!key) return true;
  const text = btoa(String.fromCharCode(...new Uint8Array(key)));
  return text.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "") === push.dataset.push;
};
const subscribe = async (registration) => {
  let subscription = await registration.pushManager.getSubscription();
  if (subscription && !hasKey(subscription)) {
    await subscription.unsubscribe();  // it was made under another server's key
    subscription = null;
  }
  subscription ??= await registration.pushManager.subscribe({
    userVisibleOnly: true, applicationServerKey: bytesOf(push.dataset.push),
  });
  await tellServer("PUT", subscription);
  show("on");
};

const worker = "serviceWorker" in navigator
  ? navigator.serviceWorker
    .register(policy.createScriptURL(`${root}sw.js`), { scope: `${root}inbox` })
    .catch(() => null)
  : Promise.resolve(null);
if (!("serviceWorker" in navigator)) {
  const hint = document.querySelector("[data-needs-https]");
  if (hint) hint.hidden = false;
}
if (push) {
  const registration = await worker;
  const isIos = /iPhone|iPad/.test(navigator.userAgent) && !navigator.standalone;
  if (isIos) show("ios");
  else if (registration && "PushManager" in window) {
    const known = await registration.pushManager.getSubscription();
    if (Notification.permission === "denied") show("denied");
    else if (known) subscribe(registration).catch(() => show("failed"));
    else if (sessionStorage.getItem("pushgo later") === null) show("offer");
    push.querySelector("[data-push-on]").addEventListener("click", async (event) => {
      event.target.disabled = true;
      try {
        const permission = await Notification.requestPermission();
        if (permission === "granted") await subscribe(registration);
        else show(permission === "denied" ? "denied" : "offer");
      } catch {
        show("failed");
      }
      event.target.disabled = false;
    });
    push.querySelector("[data-push-later]").addEventListener("click", () => {
      sessionStorage.setItem("pushgo later", "1");
      push.hidden = true;
    });
    push.querySelector("[data-push-off]").addEventListener("click", async () => {
      const subscription = await registration.pushManager.getSubscription();
      if (subscription) {
        await tellServer("DELETE", subscription).catch(() => {});
        await subscription.unsubscribe();
      }
      show("offer");
    });
  }
}

// Signing out stops notifications here and empties what was kept for offline.
const signOut = document.querySelector("[data-sign-out]");
signOut?.addEventListener("submit", async (event) => {
  event.preventDefault();
  const registration = await worker;
  const subscription = await registration?.pushManager?.getSubscription();
  const question = signOut.querySelector("[data-ask]");
  if (subscription && question.hidden) {
    question.hidden = false;  // the button asks first, the second time it does it
    return;
  }
  if (subscription) {
    await tellServer("DELETE", subscription).catch(() => {});
    await subscription.unsubscribe().catch(() => {});
  }
  for (const name of await globalThis.caches?.keys() ?? []) await caches.delete(name);
  signOut.submit();
});
