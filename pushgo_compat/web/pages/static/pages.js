// Without this module everything works but filling in a key and copying.

const say = (text) => {
  const line = document.querySelector(".toast p");
  line.textContent = text;
  clearTimeout(say.timer);
  say.timer = setTimeout(() => { line.textContent = ""; }, 2500);
};

// A line, or a message with its title. navigator.clipboard exists only on https and
// localhost: elsewhere the text is selected and copied the old way.
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const parts = [...button.closest(".copy, .msg").querySelectorAll("[data-copied]")];
  const text = parts
    .map((part) => (part.localName === "pre" ? part.textContent : part.innerText))
    .join("\n\n");
  const { wordCopied, wordSelected } = document.body.dataset;
  try {
    await navigator.clipboard.writeText(text);
    say(wordCopied);
  } catch {
    getSelection().selectAllChildren(parts.at(-1));
    document.addEventListener("copy", (copying) => {
      copying.clipboardData.setData("text/plain", text);
      copying.preventDefault();
    }, { once: true });
    say(document.execCommand("copy") ? wordCopied : wordSelected);
  }
});

// A form that is on its way is sent once. A page that is gone back to is as before.
const pressed = new Map();
document.addEventListener("submit", (event) => {
  const button = event.submitter;
  if (!button || event.defaultPrevented || pressed.has(button)) return;
  // Afterwards: a button that is disabled at once would not be sent along.
  setTimeout(() => {
    pressed.set(button, button.textContent);
    button.style.minWidth = `${button.offsetWidth}px`;
    button.textContent = "…";
    button.disabled = true;
  });
});
addEventListener("pageshow", () => {
  for (const [button, text] of pressed) {
    button.textContent = text;
    button.disabled = false;
  }
  pressed.clear();
});

// With the focus inside a row, j and k lead to the next and the previous one. Nowhere
// else: WCAG 2.1.4. Esc closes the fold that has the focus.
const ROWS = "tr.go, #msgs > .msg";
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest("input, select, textarea")) return;
  if (event.key === "Escape") {
    const fold = event.target.closest("details[open]");
    if (!fold) return;
    fold.open = false;
    fold.querySelector("summary").focus();
  }
  if (event.key !== "j" && event.key !== "k") return;
  const row = event.target.closest(ROWS);
  if (!row) return;
  const rows = [...document.querySelectorAll(ROWS)];
  const next = rows[rows.indexOf(row) + (event.key === "j" ? 1 : -1)];
  if (!next) return;
  (next.querySelector("a.cover") ?? next).focus();
  next.scrollIntoView({ block: "nearest" });
  event.preventDefault();
});

// The key stays in this page: it is in no request, no storage and no address.
const input = document.querySelector("[data-fill] input");
if (input) {
  const breakable = (text) => text
    .split(/(?<=[\w.]\/)(?=\w)/)
    .flatMap((part, at) => (at ? [document.createElement("wbr"), part] : [part]));
  const lines = [...document.querySelectorAll(".copy code")]
    .map((code) => [code, code.textContent])
    .filter(([, line]) => line.includes("KEY"));
  // Where ntfy owns the root, its Android app opens the topic from a link.
  const app = document.querySelector("[data-ntfy-app]");
  const fill = () => {
    const key = input.value.trim();
    if (app) {
      app.hidden = !key;
      const plain = location.protocol === "https:" ? "" : "secure=false&";
      app.firstElementChild.href = `ntfy://${app.dataset.ntfyApp}/${encodeURIComponent(key)}?${plain}display=PushGo`;
    }
    for (const [code, line] of lines) {
      const [before, after] = line.split("KEY");
      const mark = document.createElement("mark");
      mark.className = "key";
      mark.textContent = key ? encodeURIComponent(key).replaceAll("%3A", ":") : "KEY";
      code.replaceChildren(
        ...breakable(before), document.createElement("wbr"), mark, ...breakable(after),
      );
    }
  };
  input.addEventListener("input", fill);
  input.form.addEventListener("submit", (event) => event.preventDefault());
  fill();
  const warning = document.querySelector("[data-plain]");
  const local = /^(localhost|127\.|\[::1\])/.test(location.hostname);
  if (warning && !local) warning.hidden = false;
}

// What follows # in a link with a key or token reached no server. It leaves the address
// at once, and is sent only when the reader asks for it.
const secret = document.querySelector("input[data-fragment]");
if (secret && location.hash.length > 1 && !document.getElementById(location.hash.slice(1))) {
  try {
    secret.value = decodeURIComponent(location.hash.slice(1));
  } catch {
    secret.value = location.hash.slice(1);
  }
  history.replaceState(null, "", location.pathname + location.search);
  const question = document.querySelector("[data-open-as]");
  if (question) {
    question.textContent = question.textContent.replace("…", `…${secret.value.slice(-4)}`);
    question.hidden = false;
  }
}
if (matchMedia("(display-mode: standalone)").matches) {
  for (const stay of document.querySelectorAll("[data-stay]")) stay.checked = true;
}

// Times come in UTC and are shown in the reader's own zone.
for (const time of document.querySelectorAll("time[datetime]")) {
  const at = new Date(time.dateTime);
  if (Number.isNaN(at.valueOf())) continue;
  const { lang } = document.documentElement;
  time.title = at.toLocaleString(lang, { dateStyle: "full", timeStyle: "medium" });
  if (["clock", "day", "ago"].some((kind) => kind in time.dataset)) continue;
  time.textContent = at.toLocaleString(lang, { dateStyle: "medium", timeStyle: "short" });
}
