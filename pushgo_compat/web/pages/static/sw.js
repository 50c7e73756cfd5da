// Shows notifications, and the last inbox page where there is no network.

const CACHE = "pushgo-inbox";
const ASSETS = "KEPT";
const WAIT_MS = 3000;

self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll(ASSETS)));
  self.skipWaiting();
});

self.addEventListener("activate", (event) => {
  const kept = new Set(ASSETS.map((name) => new URL(name, self.registration.scope).href));
  event.waitUntil((async () => {
    const cache = await caches.open(CACHE);
    for (const request of await cache.keys()) {
      if (request.url.includes("/assets/") && !kept.has(request.url)) await cache.delete(request);
    }
    await self.clients.claim();
  })());
});

const page = async (request) => {
  const cache = await caches.open(CACHE);
  try {
    const answer = await Promise.race([
      fetch(request),
      new Promise((_, reject) => { setTimeout(() => reject(new Error("slow")), WAIT_MS); }),
    ]);
    // Never the form to sign in: it is no inbox.
    if (answer.ok && !answer.redirected) {
      const copy = answer.clone();
      const text = await answer.clone().text();
      if (text.includes('id="inbox"')) await cache.put(self.registration.scope, copy);
    }
    return answer;
  } catch (error) {
    const last = await cache.match(self.registration.scope);
    if (last) return last;
    throw error;
  }
};

self.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method !== "GET") return;
  const url = new URL(request.url);
  if (request.mode === "navigate" && url.pathname === new URL(self.registration.scope).pathname) {
    event.respondWith(page(request));
  } else if (url.pathname.includes("/assets/")) {
    event.respondWith(caches.match(request).then((kept) => kept ?? fetch(request)));
  }
});

// Every push shows something: iOS takes a subscription away after silent ones.
self.addEventListener("push", (event) => {
  let message = {};
  try {
    message = event.data.json();
  } catch { /* a push without our JSON still shows that something came */ }
  const title = message.title || "PushGo";
  event.waitUntil(Promise.all([
    self.registration.showNotification(title, {
      body: (message.body ?? "").slice(0, 200),
      tag: message.message_id,
      timestamp: message.at,
      requireInteraction: message.severity === "critical",
      silent: message.severity === "low",
      data: { id: message.message_id ?? "" },
    }),
    self.registration.getNotifications().then((shown) => navigator.setAppBadge?.(shown.length + 1)),
  ]));
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  const { id } = event.notification.data;
  const target = new URL(id ? `inbox#m-${id}` : "inbox", new URL("./", self.registration.scope));
  event.waitUntil((async () => {
    const open = await self.clients.matchAll({ type: "window" });
    const inbox = open.find((client) => client.url.startsWith(self.registration.scope));
    if (!inbox) return self.clients.openWindow(target.href);
    await inbox.focus();
    return inbox.navigate(target.href);
  })());
});

self.addEventListener("pushsubscriptionchange", (event) => {
  event.waitUntil((async () => {
    const key = event.oldSubscription?.options.applicationServerKey;
    const subscription = event.newSubscription
      ?? (key && await self.registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key }));
    if (!subscription) return;
    await fetch(`${self.registration.scope}/webpush`, {
      method: "PUT",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(subscription),
    });
  })());
});
