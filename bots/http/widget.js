// The chat widget: one script tag in a page. It keeps to itself in a shadow root, writes only text (never HTML),
// and needs of a Content-Security-Policy no more than script-src and connect-src for the server it came from.
(() => {
  "use strict";
  const script = document.currentScript;
  if (!script || window.BrandvoiceChat) return;
  const options = script.dataset;
  const server = new URL(script.src).origin;
  const consent = "__CONSENT__";
  const shown = 24; // messages that are sent along
  const words = {
    en: {
      open: "Open chat", close: "Close chat", title: "Chat", kind: "AI assistant", ask: "Your message", send: "Send",
      stop: "Stop", good: "Good answer", bad: "Bad answer", better: "Suggest a better answer", erase: "Erase my chats",
      erased: "Everything you wrote here is erased.", sure: "Erase everything you wrote here?", again: "Try again",
      failed: "The assistant cannot be reached.", thanks: "Thank you.", why: "What was wrong?", cancel: "Cancel",
      should: "What it should have said", you: "You", stopped: "Stopped.",
      reasons: { wrong: "The facts are wrong", tone: "It does not sound right", incomplete: "It does not answer the question",
        length: "Too long or too short", other: "Something else" },
    },
    de: {
      open: "Chat öffnen", close: "Chat schließen", title: "Chat", kind: "KI-Assistent", ask: "Ihre Nachricht", send: "Senden",
      stop: "Anhalten", good: "Gute Antwort", bad: "Schlechte Antwort", better: "Bessere Antwort vorschlagen",
      erase: "Meine Chats löschen", erased: "Alles, was Sie hier geschrieben haben, ist gelöscht.",
      sure: "Alles löschen, was Sie hier geschrieben haben?", again: "Noch einmal", failed: "Der Assistent ist nicht erreichbar.",
      thanks: "Danke.", why: "Was war falsch?", cancel: "Abbrechen", should: "Was die Antwort hätte sein sollen", you: "Sie",
      stopped: "Angehalten.",
      reasons: { wrong: "Die Fakten stimmen nicht", tone: "Es klingt nicht richtig", incomplete: "Es beantwortet die Frage nicht",
        length: "Zu lang oder zu kurz", other: "Etwas anderes" },
    },
  };
  const language = (options.lang || document.documentElement.lang || "en").slice(0, 2);
  const say = words[language] || words.en;
  const title = options.title || say.title;

  const css = `
    :host { all: initial; position: fixed; inset: auto 0 0 auto; z-index: 2147483000;
      font: 16px/1.45 system-ui, sans-serif; color-scheme: light dark;
      --accent: #0b5cad; --on-accent: #fff; --back: #fff; --text: #1a1c1f; --soft: #eef1f5; --line: #c6ccd4; --faint: #5a626d;
      --alarm: #a11; }
    :host([data-dark]) { --accent: #6cb2ff; --on-accent: #06203c; --back: #16191d; --text: #eceff3; --soft: #262b32;
      --line: #454d57; --faint: #a3adb9; --alarm: #ff9a90; }
    * { box-sizing: border-box; font: inherit; color: inherit; }
    button { cursor: pointer; border: 1px solid transparent; border-radius: 8px; background: none; min-width: 36px; min-height: 36px; }
    button:focus-visible, textarea:focus-visible, select:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
    button[disabled] { opacity: .5; cursor: default; }
    .launcher { position: fixed; right: max(16px, env(safe-area-inset-right)); bottom: max(16px, env(safe-area-inset-bottom));
      width: 60px; height: 60px; border-radius: 50%; background: var(--accent); color: var(--on-accent);
      box-shadow: 0 4px 16px #0005; }
    .launcher svg { width: 28px; height: 28px; }
    .panel { position: fixed; right: max(16px, env(safe-area-inset-right)); bottom: 88px; width: min(400px, calc(100vw - 32px));
      height: min(640px, calc(100vh - 112px)); display: flex; flex-direction: column; overflow: hidden; background: var(--back);
      color: var(--text); border: 1px solid var(--line); border-radius: 16px; box-shadow: 0 8px 32px #0004; }
    [hidden] { display: none !important; }
    header { display: flex; align-items: center; gap: 8px; padding: 10px 8px 10px 16px; border-bottom: 1px solid var(--line); }
    header div { flex: 1; min-width: 0; }
    h2 { margin: 0; font-size: 17px; font-weight: 650; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
    small { font-size: 13px; color: var(--faint); }
    .log { flex: 1; overflow-y: auto; padding: 16px; overscroll-behavior: contain; display: flex; flex-direction: column; gap: 12px; }
    .turn { max-width: 88%; align-self: flex-start; }
    .turn.mine { align-self: flex-end; }
    .text { padding: 9px 13px; border-radius: 14px; background: var(--soft); white-space: pre-wrap; overflow-wrap: anywhere; }
    .mine .text { background: var(--accent); color: var(--on-accent); }
    .busy .text::after { content: "▍"; animation: blink 1s steps(2) infinite; }
    .under { display: flex; flex-wrap: wrap; gap: 2px; align-items: center; margin-top: 2px; }
    .under button { font-size: 14px; padding: 2px 8px; color: var(--faint); }
    .under button[aria-pressed="true"] { border-color: var(--accent); color: var(--text); background: var(--soft); }
    .note { font-size: 13px; color: var(--faint); margin: 4px 0; }
    .alarm { color: var(--alarm); }
    form { display: flex; gap: 8px; padding: 10px; border-top: 1px solid var(--line);
      padding-bottom: max(10px, env(safe-area-inset-bottom)); }
    form.inner { display: block; border: 1px solid var(--line); border-radius: 12px; margin-top: 6px; }
    textarea, select { width: 100%; padding: 8px 10px; border: 1px solid var(--line); border-radius: 10px; background: var(--back); }
    textarea { resize: none; min-height: 40px; max-height: 140px; }
    .strong { background: var(--accent); color: var(--on-accent); padding: 0 14px; flex: none; }
    .row { display: flex; gap: 8px; justify-content: flex-end; margin-top: 8px; }
    .hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
    @keyframes blink { 50% { opacity: 0; } }
    @media (prefers-reduced-motion: reduce) { .busy .text::after { animation: none; } }
    @media (max-width: 480px) { .panel { inset: 0; width: 100vw; height: 100vh; height: 100dvh; border: 0; border-radius: 0; }
      .panel:not([hidden]) ~ .launcher { display: none; } }
  `;

  const keep = (area, name, value) => {
    try {
      if (value === undefined) return area().getItem(name);
      if (value === null) area().removeItem(name);
      else area().setItem(name, value);
    } catch { /* a page without storage has a chat without memory */ }
    return null;
  };
  const forGood = () => window.localStorage;
  const forNow = () => window.sessionStorage;
  const random = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), (b) => b.toString(16).padStart(2, "0")).join("");
  const place = `brandvoice:${server}:${options.model}`;
  let visitor = keep(forGood, place) || random();
  keep(forGood, place, visitor);
  const fresh = () => ({ id: random(), turns: [] });
  let chat = fresh();
  try { chat = JSON.parse(keep(forNow, place)) || chat; } catch { /* somebody else wrote there */ }
  const remember = () => keep(forNow, place, JSON.stringify(chat));

  const make = (tag, properties = {}, ...children) => {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(properties)) {
      if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
      else if (name === "text") element.textContent = value;
      else element.setAttribute(name, value);
    }
    element.append(...children);
    return element;
  };
  const call = (method, path, body, signal) =>
    fetch(server + path, {
      method, signal, credentials: "omit",
      headers: { authorization: `Bearer ${options.key}`, ...(body && { "content-type": "application/json" }) },
      body: body && JSON.stringify(body),
    });
  const refusal = async (answer) => {
    try { return (await answer.json()).error.message; } catch { return say.failed; }
  };

  // The pieces of a reply as they come.
  async function* pieces(answer) {
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = "";
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      const events = (rest + value).split("\n\n");
      rest = events.pop();
      for (const event of events) {
        if (!event.startsWith("data: ") || event === "data: [DONE]") continue;
        const chunk = JSON.parse(event.slice(6));
        if (chunk.error) throw new Error(chunk.error.message);
        yield { id: chunk.id, text: chunk.choices[0]?.delta.content || "", sources: chunk.sources };
      }
    }
  }

  const host = document.createElement("brandvoice-chat");
  const root = host.attachShadow({ mode: "open" });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(css);
  root.adoptedStyleSheets = [sheet];
  if (options.accent && CSS.supports("color", options.accent)) host.style.setProperty("--accent", options.accent);
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const paint = () => host.toggleAttribute("data-dark", options.theme ? options.theme === "dark" : dark.matches);
  dark.addEventListener("change", paint);
  paint();

  const drawing = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  drawing.setAttribute("viewBox", "0 0 24 24");
  drawing.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(drawing.namespaceURI, "path");
  path.setAttribute("fill", "currentColor");
  path.setAttribute("d", "M4 3h16a2 2 0 0 1 2 2v10a2 2 0 0 1-2 2H9l-5 4v-4a2 2 0 0 1-2-2V5a2 2 0 0 1 2-2z");
  drawing.append(path);

  const log = make("div", { class: "log", role: "log", "aria-live": "polite", tabindex: "0", "aria-label": title });
  const news = make("div", { class: "hidden", role: "status" });
  const asked = make("textarea", { rows: "1", maxlength: "4000", "aria-label": say.ask, placeholder: say.ask });
  const send = make("button", { class: "strong", type: "submit", text: say.send });
  const form = make("form", { onsubmit: (event) => { event.preventDefault(); running ? running.abort() : ask(); } }, asked, send);
  const erase = make("button", { type: "button", text: "🗑", title: say.erase, "aria-label": say.erase, onclick: forget });
  const close = make("button", { type: "button", text: "✕", title: say.close, "aria-label": say.close, onclick: () => show(false) });
  const panel = make("section", { class: "panel", role: "dialog", "aria-label": title, hidden: "" },
    make("header", {}, make("div", {}, make("h2", { text: title }), make("small", { text: say.kind })), erase, close),
    log, news, form);
  const launcher = make("button", { class: "launcher", "aria-label": say.open, "aria-expanded": "false", onclick: () => show(panel.hidden) }, drawing);
  root.append(panel, launcher);
  panel.addEventListener("keydown", (event) => { if (event.key === "Escape") show(false); });
  asked.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) { event.preventDefault(); form.requestSubmit(); }
  });
  let running = null;

  function show(open) {
    panel.hidden = !open;
    launcher.setAttribute("aria-expanded", String(open));
    launcher.setAttribute("aria-label", open ? say.close : say.open);
    if (open) { asked.focus(); log.scrollTop = log.scrollHeight; } else launcher.focus();
  }

  function turn(role, text) {
    const words = make("div", { class: "text", text });
    const who = make("span", { class: "hidden", text: role === "user" ? say.you : title });
    const element = make("div", { class: role === "user" ? "turn mine" : "turn" }, who, words);
    log.append(element);
    log.scrollTop = log.scrollHeight;
    return { element, words };
  }

  function note(element, text, alarm) {
    const told = make("p", { class: alarm ? "note alarm" : "note", text, role: alarm ? "alert" : "status" });
    element.append(told);
    return told;
  }

  // Where a reply has its facts from stays, unlike notes about what was pressed.
  function cite(element, sources) {
    if (sources) element.append(make("p", { class: "note source", text: sources }));
  }

  function ask() {
    const text = asked.value.trim();
    if (!text) return;
    asked.value = "";
    chat.turns.push({ role: "user", content: text });
    remember();
    turn("user", text);
    answer();
  }

  async function answer() {
    const { element, words } = turn("assistant", "");
    element.classList.add("busy");
    element.setAttribute("aria-busy", "true");
    running = new AbortController();
    send.textContent = say.stop;
    let id = "", failure = "", sources = "";
    try {
      const messages = chat.turns.slice(-shown).map(({ role, content }) => ({ role, content }));
      const body = { model: options.model, messages, stream: true, store: true, user: visitor, metadata: { conversation: chat.id } };
      const response = await call("POST", "/v1/chat/completions", body, running.signal);
      if (!response.ok) throw new Error(await refusal(response));
      for await (const piece of pieces(response)) {
        id = piece.id;
        const atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 40;
        words.append(piece.text);
        sources = piece.sources || sources;
        if (atEnd) log.scrollTop = log.scrollHeight;
      }
    } catch (error) {
      failure = error.name === "AbortError" ? say.stopped : error instanceof TypeError ? say.failed : error.message;
    }
    running = null;
    send.textContent = say.send;
    element.classList.remove("busy");
    element.removeAttribute("aria-busy");
    const said = words.textContent;
    words.hidden = !said;
    if (said) {
      chat.turns.push({ role: "assistant", content: said, id: failure ? "" : id, sources });
      remember();
    }
    cite(element, sources);
    if (!failure) under(element, chat.turns.at(-1));
    else offer(element, failure, said);
  }

  // What went wrong, and a way on where nothing was said yet.
  function offer(element, failure, said) {
    note(element, failure, failure !== say.stopped);
    if (said) return;
    const again = make("button", { type: "button", class: "strong", text: say.again, onclick: () => { element.remove(); answer(); } });
    element.append(again);
  }

  // Thumbs and the better answer under a reply.
  function under(element, reply) {
    if (!reply.id) return;
    const row = make("div", { class: "under" });
    const thumbs = { up: ["👍", say.good], down: ["👎", say.bad] };
    const buttons = Object.entries(thumbs).map(([thumb, [sign, label]]) => make("button", {
      type: "button", text: sign, title: label, "aria-label": label, "aria-pressed": String(reply.thumb === thumb),
      onclick: () => vote(thumb) }));
    const better = make("button", { type: "button", text: say.better, onclick: () => betterForm(element, reply, better) });
    row.append(...buttons, better);
    element.append(row);

    async function vote(thumb) {
      const undo = reply.thumb === thumb;
      const path = `/v1/feedback/${encodeURIComponent(reply.id)}?user=${encodeURIComponent(visitor)}`;
      const done = undo ? await tell(element, "DELETE", path) : await tell(element, "POST", "/v1/feedback", { completion_id: reply.id, thumb, user: visitor });
      if (!done) return;
      reply.thumb = undo ? undefined : thumb;
      remember();
      buttons.forEach((button, n) => button.setAttribute("aria-pressed", String(reply.thumb === Object.keys(thumbs)[n])));
      element.querySelector("form")?.remove();
      if (reply.thumb === "down") reasonForm(element, reply);
    }
  }

  async function tell(element, method, path, body) {
    element.querySelector(".note:not(.source)")?.remove();
    try {
      const answer = await call(method, path, body);
      if (answer.ok) return true;
      note(element, await refusal(answer), true);
    } catch { note(element, say.failed, true); }
    return false;
  }

  function reasonForm(element, reply) {
    const choice = make("select", { "aria-label": say.why }, make("option", { value: "", text: say.why }),
      ...Object.entries(say.reasons).map(([value, text]) => make("option", { value, text })));
    const form = make("form", { class: "inner" }, choice);
    choice.addEventListener("change", async () => {
      const body = { completion_id: reply.id, thumb: "down", reason: choice.value, user: visitor };
      if (choice.value && await tell(element, "POST", "/v1/feedback", body)) { form.remove(); note(element, say.thanks); }
    });
    form.addEventListener("submit", (event) => event.preventDefault());
    element.append(form);
  }

  function betterForm(element, reply, opener) {
    element.querySelector("form")?.remove();
    const text = make("textarea", { rows: "4", maxlength: "8000", "aria-label": say.should });
    text.value = reply.content;
    const cancel = make("button", { type: "button", text: say.cancel, onclick: () => { form.remove(); opener.focus(); } });
    const form = make("form", { class: "inner" }, make("label", { text: say.should, class: "note" }), text,
      make("p", { class: "note", text: consent }),
      make("div", { class: "row" }, cancel, make("button", { class: "strong", type: "submit", text: say.send })));
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      const body = { completion_id: reply.id, better_answer: text.value.trim(), consent: true, user: visitor };
      if (await tell(element, "POST", "/v1/feedback", body)) { form.remove(); note(element, say.thanks); opener.focus(); }
    });
    element.append(form);
    text.focus();
    form.scrollIntoView({ block: "nearest" });
  }

  async function forget() {
    if (!window.confirm(say.sure)) return;
    const gone = await tell(log, "DELETE", `/v1/me?user=${encodeURIComponent(visitor)}`);
    if (!gone) return;
    running?.abort();
    keep(forNow, place, null);
    visitor = random();
    keep(forGood, place, visitor);
    chat = fresh();
    log.replaceChildren();
    note(log, say.erased);
    asked.focus();
  }

  if (options.greeting) turn("assistant", options.greeting);
  for (const past of chat.turns) {
    const { element } = turn(past.role, past.content);
    cite(element, past.sources);
    if (past.role === "assistant") under(element, past);
  }
  window.BrandvoiceChat = { open: () => show(true), close: () => show(false) };
  const mount = () => document.body.append(host);
  document.body ? mount() : addEventListener("DOMContentLoaded", mount, { once: true });
})();
