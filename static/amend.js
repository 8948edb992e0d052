/* The shell's comforts. Every page works without this file; it runs before the body so that the theme never flashes. */
"use strict";

(() => {
  const systemDark = matchMedia("(prefers-color-scheme: dark)");

  function stored(key) {
    try { return localStorage.getItem(key); } catch { return null; }
  }

  function store(key, value) {
    try { localStorage.setItem(key, value); } catch { /* a browser without storage keeps the system's theme */ }
  }

  function applyTheme() {
    const chosen = stored("amend-theme");
    const theme = chosen === "light" || chosen === "dark" ? chosen : systemDark.matches ? "dark" : "light";
    document.documentElement.setAttribute("data-bs-theme", theme);
    document.documentElement.style.colorScheme = theme;
  }

  applyTheme();
  systemDark.addEventListener("change", applyTheme);

  const exact = new Intl.DateTimeFormat("en-GB", {
    day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit", second: "2-digit", timeZoneName: "short",
  });
  const plain = new Intl.DateTimeFormat("en-GB", {
    day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit", timeZoneName: "short",
  });
  const relative = new Intl.RelativeTimeFormat("en", { numeric: "always", style: "short" });

  function ago(at) {
    const seconds = (at - Date.now()) / 1000;
    const size = Math.abs(seconds);
    if (size < 45) return seconds < 0 ? "just now" : "in a moment";
    if (size < 3600) return relative.format(Math.round(seconds / 60), "minute");
    if (size < 86400) return relative.format(Math.round(seconds / 3600), "hour");
    return relative.format(Math.round(seconds / 86400), "day");
  }

  function localTimes(root) {
    for (const element of root.querySelectorAll("time[datetime]")) {
      const value = element.getAttribute("datetime");
      const at = new Date(value);
      if (!value.includes("T") || Number.isNaN(at.getTime())) continue;
      const isRelative = element.hasAttribute("data-relative");
      element.textContent = isRelative ? ago(at) : plain.format(at);
      element.title = isRelative ? exact.format(at) : `${exact.format(at)} (${ago(at)})`;
    }
  }

  function announce(words) {
    const region = document.getElementById("announce");
    if (region) region.textContent = words;
  }

  async function copy(button) {
    const label = button.textContent;
    try {
      await navigator.clipboard.writeText(button.dataset.copy);
      button.textContent = "Copied";
      announce("Copied");
    } catch {
      button.textContent = "Select the text and copy it";
      announce("This browser does not let us copy. Select the text and copy it.");
    }
    setTimeout(() => { button.textContent = label; }, 2000);
  }

  function dress(root) {
    localTimes(root);
    for (const element of root.querySelectorAll(".js-only[hidden], [data-copy][hidden]")) element.hidden = false;
  }

  function saveForm(form) {
    const button = [...form.querySelectorAll("button:not([type=button]):not([disabled])")];
    const save = button.find((candidate) => /\bsave\b/i.test(candidate.textContent)) || button[0];
    if (save) form.requestSubmit(save);
  }

  function isTyping(element) {
    return element.matches("input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable]");
  }

  function onKey(event) {
    if (event.isComposing || event.altKey) return;
    const target = event.target instanceof Element ? event.target : document.body;
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      const form = target.closest("form") || document.querySelector("form[data-save]");
      if (form && form.method === "post") { event.preventDefault(); saveForm(form); }
    } else if (!isTyping(target) && !event.ctrlKey && !event.metaKey && event.key === "/") {
      const box = document.querySelector("[data-search], input[type=search]");
      if (box) { event.preventDefault(); box.focus(); box.select(); }
    } else if (!isTyping(target) && !event.ctrlKey && !event.metaKey && event.key === "?") {
      document.getElementById("help")?.showModal();
    }
  }

  function onClick(event) {
    const button = event.target instanceof Element ? event.target.closest("[data-copy], #show-help") : null;
    if (!button) return;
    if (button.id === "show-help") document.getElementById("help").showModal(); else copy(button);
  }

  function onSubmit(event) {
    const question = event.target.dataset.confirm;
    if (question && !confirm(question)) event.preventDefault();
  }

  document.addEventListener("DOMContentLoaded", () => {
    dress(document);
    const theme = document.getElementById("theme");
    if (theme) {
      theme.value = stored("amend-theme") || "system";
      theme.addEventListener("change", () => { store("amend-theme", theme.value); applyTheme(); });
    }
    document.addEventListener("keydown", onKey);
    document.addEventListener("click", onClick);
    document.addEventListener("submit", onSubmit);
    document.addEventListener("htmx:afterSwap", ({ detail: { target } }) => {
      if (target.matches(".on-demand")) { target.tabIndex = -1; target.focus(); } // what was pressed is gone: go on from what came
    });
    document.addEventListener("htmx:load", (event) => dress(event.target.parentElement || document));
    addEventListener("pageshow", (event) => { if (event.persisted) dress(document); });
  });
})();
