// The console without this script can be read and its forms sent; with it pages stay current.
"use strict";

(() => {
  const REFRESH_MS = 700; // between two looks at a page, however much happens
  const TYPING_MS = 500; // after the last key until a text is screened
  const AGE_MS = 5000;
  const QUIET_MS = 10000; // a running task's clock goes on though nothing happens
  const AGAIN_MS = 5000; // after a stream was refused
  const stream = document.body.dataset.stream;
  const live = document.getElementById("live");

  // A page as the server has it now. XMLHttpRequest parses it without running anything in it.
  function load(method, address, body) {
    return new Promise((resolve, reject) => {
      const request = new XMLHttpRequest();
      request.open(method, address);
      request.responseType = "document";
      request.onload = () => {
        if (new URL(request.responseURL).pathname === "/console/login") location.reload();
        else resolve(request.response);
      };
      request.onerror = reject;
      if (body) request.setRequestHeader("Content-Type", "application/x-www-form-urlencoded");
      request.send(body || null);
    });
  }

  // Put the new state of a part in its place; what has the focus keeps it.
  function replace(old, fresh) {
    if (!fresh || old.innerHTML === fresh.innerHTML) return;
    const focus = old.contains(document.activeElement) ? document.activeElement.id : "";
    old.replaceChildren(...document.importNode(fresh, true).childNodes);
    if (focus) document.getElementById(focus)?.focus({ preventScroll: true });
    old.dispatchEvent(new Event("replaced"));
  }

  function show(page) {
    for (const old of document.querySelectorAll("[data-live]")) {
      replace(old, page.getElementById(old.id));
    }
    const callout = page.querySelector("section.callout");
    if (callout && !document.querySelector("section.callout")) {
      document.getElementById("facts")?.before(document.importNode(callout, true));
    }
    draft.show();
  }

  // Looks at the page again: once for all that happened meanwhile, never twice at a time.
  const refresh = {
    timer: 0, busy: false, again: false, soon() {
      if (this.busy) this.again = true;
      else if (!this.timer) this.timer = setTimeout(() => this.now(), REFRESH_MS);
    },
    async now() {
      this.timer = 0; this.busy = true; this.again = false;
      try {
        show(await load("GET", location.href));
      } catch {
        this.again = true;
      }
      this.busy = false;
      if (this.again) this.soon();
    },
  };

  // The output while it is written. Offsets count characters, not the units of a JavaScript string.
  const draft = {
    text: [],
    take({ offset, text }) {
      this.text = this.text.slice(0, offset).concat(Array.from(text));
      this.show();
    },
    show() {
      const place = document.getElementById("draft");
      if (!place || !this.text.length) return;
      place.textContent = this.text.join("");
      const waiting = document.getElementById("no-draft");
      if (waiting) waiting.hidden = true;
    },
  };

  const FINAL = ["task.completed", "task.failed", "task.cancelled"];
  const ofTask = Boolean(stream?.includes("/tasks/"));
  let source = null, last = "", over = false;

  function listen() {
    const address = new URL(stream, location.href);
    if (last) address.searchParams.set("after", last);
    source = new EventSource(address);
    source.onopen = () => say(true);
    source.onerror = () => {
      say(false);
      if (source?.readyState !== EventSource.CLOSED || over) return;
      source = null; // refused, and not tried again by itself: the page itself says why
      refresh.soon();
      setTimeout(() => { if (!source && !document.hidden && !over) listen(); }, AGAIN_MS);
    };
    source.onmessage = (message) => {
      last = message.lastEventId || last;
      const event = JSON.parse(message.data);
      if (event.type === "output.delta") draft.take(event.data);
      else refresh.soon();
      if (ofTask && FINAL.includes(event.type)) { over = true; hush(); }
    };
  }

  function hush() {
    source?.close();
    source = null;
    if (live) live.hidden = true;
  }

  function say(connected) {
    if (!live || !source) return;
    live.hidden = false;
    live.classList.toggle("away", !connected);
    live.lastElementChild.textContent = connected ? "live" : "connecting";
  }

  if (stream) {
    listen();
    // A browser keeps few connections to a server: a page nobody looks at gives its own back.
    document.addEventListener("visibilitychange", () => {
      if (document.hidden) hush();
      else if (!source && !over) { listen(); refresh.soon(); }
    });
    if (ofTask) setInterval(() => { if (source) refresh.soon(); }, QUIET_MS);
  }

  function age(seconds) {
    for (const [length, unit] of [[86400, "d"], [3600, "h"], [60, "min"]]) {
      if (seconds >= length) return `${Math.floor(seconds / length)} ${unit} ago`;
    }
    return seconds >= 5 ? `${Math.floor(seconds)} s ago` : "now";
  }

  setInterval(() => {
    for (const time of document.querySelectorAll("time[data-age]")) {
      const said = age((Date.now() - Date.parse(time.dateTime)) / 1000);
      if (time.textContent !== said) time.textContent = said;
    }
  }, AGE_MS);

  for (const button of document.querySelectorAll("[data-copy]")) {
    if (!navigator.clipboard) break;
    button.hidden = false;
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent);
      button.textContent = "Copied";
    });
  }

  const form = document.getElementById("submit");
  if (!form) return;

  // Sliders: each moves its number, on a scale on which small amounts can be chosen too.
  for (const slider of form.querySelectorAll("input[data-of]")) {
    const number = form.elements[slider.dataset.of];
    const [least, most] = [Number(slider.min), Number(slider.max)];
    const whole = number.step === "1";
    slider.min = 0; slider.max = 1; slider.step = 0.001; slider.hidden = false;
    const place = () => { slider.value = Math.cbrt((Number(number.value) - least) / (most - least)); };
    slider.addEventListener("input", () => {
      const amount = least + (most - least) * Number(slider.value) ** 3;
      const digits = 10 ** Math.max(0, Math.floor(Math.log10(amount || 1)) - 1);
      number.value = whole ? Math.max(least, Math.round(amount / digits) * digits) : Number(amount.toPrecision(2));
    });
    number.addEventListener("input", place);
    place();
  }

  for (const hint of form.querySelectorAll("[data-count]")) {
    const field = form.elements[hint.dataset.count];
    const most = Number(field.maxLength).toLocaleString("en");
    const count = () => { if (field.value) hint.textContent = `${field.value.length.toLocaleString("en")} of ${most} characters`; };
    field.addEventListener("input", count);
    count();
  }

  // Screening as one types: the same page that "Screen only" shows, of which one part is taken.
  const screening = document.getElementById("screening");
  let typed = 0, asked = 0;

  async function screen() {
    const mine = ++asked;
    if (!form.elements.goal.value.trim()) return;
    screening.classList.add("busy");
    try {
      const page = await load("POST", form.dataset.screen, new URLSearchParams(new FormData(form)));
      if (mine === asked) replace(screening, page.getElementById("screening"));
    } catch { /* Away: the next key asks again. */ }
    if (mine === asked) screening.classList.remove("busy");
  }

  form.addEventListener("input", (event) => {
    if (event.target.type === "range" || event.target.type === "number") return;
    clearTimeout(typed);
    typed = setTimeout(screen, TYPING_MS);
  });
  document.getElementById("screen").addEventListener("click", (event) => {
    event.preventDefault();
    screen();
  });
  if (form.elements.goal.value.trim() && !screening.querySelector(".verdict")) screen();
})();
