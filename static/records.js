/* The edit page's comforts: what was changed, a filter, picklists that follow, a draft kept. It works without this file. */
"use strict";

(() => {
  const form = document.querySelector("form[data-edit]");
  const news = document.querySelector("[data-focus]");
  if (news) { news.focus({ preventScroll: true }); news.scrollIntoView({ block: "nearest" }); }
  if (!form) return;

  const EMPTY = "empty";
  const controls = [...form.querySelectorAll("[name^='f_']")];
  const pending = form.querySelector("[data-pending]");
  const filter = document.getElementById("filter");
  const onlyChanged = document.getElementById("only-changed");
  const noneLeft = document.getElementById("none-left");
  const kept = document.getElementById("kept");
  let isLeaving = false;

  function element(tag, className, text) {
    const made = document.createElement(tag);
    if (className) made.className = className;
    if (text !== undefined) made.textContent = text;
    return made;
  }

  function chosen(control, isDefault) {
    return [...control.options].filter((option) => option.value !== "" && (isDefault ? option.defaultSelected : option.selected));
  }

  // What would be posted, as one text; a time without seconds is one of zero seconds.
  function raw(control, isDefault) {
    if (control.type === "checkbox") return (isDefault ? control.defaultChecked : control.checked) ? "true" : "";
    if (control.tagName === "SELECT") return chosen(control, isDefault).map((option) => option.value).sort().join("\n");
    if (control.dataset.lookup) return isDefault ? control.dataset.first || control.defaultValue : control.dataset.id || control.value;
    const value = isDefault ? control.defaultValue : control.value;
    return control.type === "datetime-local" && value.length === 16 ? `${value}:00` : value;
  }

  function shown(control, isDefault) {
    if (control.type === "file") return isDefault ? "" : [...control.files].map((file) => file.name).join(", ");
    if (control.dataset.lookup) {
      const text = isDefault ? control.defaultValue : control.value, id = raw(control, isDefault);
      return text && text !== id ? `${text} (${id})` : text;
    }
    if (control.type === "checkbox") return raw(control, isDefault) ? "Yes" : "No";
    if (control.tagName === "SELECT") return chosen(control, isDefault).map((option) => option.label).join(", ");
    return control.type === "datetime-local" ? raw(control, isDefault).replace("T", " ") : raw(control, isDefault);
  }

  // What the record holds: the page's own "was" when it came back with what was typed, else what the page came with.
  const held = new Map(controls.map((control) => {
    const { was, held: kept } = control.dataset;
    if (was === undefined) return [control, { value: raw(control, true), words: shown(control, true) }];
    const value = control.tagName === "SELECT" ? kept.split("\n").sort().join("\n") : kept;
    return [control, { value, words: was === EMPTY ? "" : was }];
  }));
  const labels = new Map(controls.map((control) => [control, control.ariaLabel || (control.labels?.[0]?.textContent ?? control.name)]));
  const rows = new Map(controls.map((control) => [control, control.closest(".cell, .field")]));

  function before(control) {
    return held.get(control).words;
  }

  function isChanged(control) {
    return raw(control, false) !== held.get(control).value;
  }

  function mark(control) {
    const row = rows.get(control);
    const changed = isChanged(control);
    const isTable = row.matches(".is-table");  // its controls have one row between them
    let was = isTable ? null : row.querySelector(".was");
    row.classList.toggle("is-changed", isTable ? controls.some((one) => rows.get(one) === row && isChanged(one)) : changed);
    if (isTable || !changed) { was?.remove(); return changed; }
    if (!was) {
      was = element("div", "was", "was ");
      const old = element("del", "", before(control) || EMPTY);
      old.dir = "auto";
      if (!before(control)) old.className = "empty";
      was.append(old);
      (row.querySelector(".misfit") ?? control).after(was);
    }
    return true;
  }

  function line(control) {
    const item = element("li");
    const change = element("span", "change");
    const old = element("del", before(control) ? "" : "empty", before(control) || EMPTY);
    const next = element("ins", shown(control, false) ? "" : "empty", shown(control, false) || EMPTY);
    old.dir = next.dir = "auto";
    const arrow = element("span", "arrow", " → ");
    arrow.setAttribute("aria-hidden", "true");
    change.append(old, arrow, element("span", "visually-hidden", " to "), next);
    item.append(element("span", "which", labels.get(control)), change);
    return item;
  }

  const changed = new Set();

  function show() {
    for (const button of form.querySelectorAll("[data-step]")) button.disabled = !changed.size;
    if (!changed.size) { pending.textContent = "No changes yet."; return; }
    const list = element("ul");
    for (const control of controls) if (changed.has(control)) list.append(line(control));
    pending.replaceChildren(element("strong", "tally", changed.size === 1 ? "1 change" : `${changed.size} changes`), list);
  }

  function update(control) {
    if (mark(control)) changed.add(control); else changed.delete(control);
  }

  function sift() {
    const words = filter.value.trim().toLowerCase();
    let left = 0;
    for (const row of form.querySelectorAll(".field")) {
      const name = row.querySelector(".field-name").textContent.toLowerCase();
      row.hidden = (words !== "" && !name.includes(words)) || (onlyChanged.checked && !row.matches(".is-changed, :has(.is-changed)"));
      if (!row.hidden) left += 1;
    }
    const isSifting = words !== "" || onlyChanged.checked;
    for (const section of form.querySelectorAll("section.section, details.off-layout")) {
      section.hidden = isSifting && !section.querySelector(".field:not([hidden])");
      if (section.matches("details") && isSifting) section.open = !section.hidden;
    }
    noneLeft.hidden = left > 0;
  }

  // Picklists that offer what another's value allows. What is chosen stays chosen: only the person changes a value.
  const follows = Object.entries(JSON.parse(form.dataset.depends ?? "{}")).map(([name, { parent, offers }]) => (
    { child: form.elements[`f_${name}`], parent: form.elements[`f_${parent}`], offers }
  )).filter(({ child, parent }) => child?.options && parent?.options);

  function follow({ child, parent, offers }) {
    const offered = offers[parent.value || "-None-"] ?? [];
    const isFree = (option) => !offered.length || ["", "-None-", ...offered].includes(option.value);
    for (const option of child.options) option.hidden = option.disabled = !isFree(option) && !option.selected;
    const row = rows.get(child);
    const isSaid = row.querySelector(".wrong:not(.misfit)");
    const misfits = isSaid ? [] : [...child.selectedOptions].filter((option) => !isFree(option));
    let words = row.querySelector(".misfit");
    if (!misfits.length) { words?.remove(); return; }
    if (!words) { words = element("div", "wrong misfit"); words.setAttribute("role", "status"); child.after(words); }
    const value = parent.selectedOptions[0]?.label;
    words.textContent = `“${misfits[0].label}” does not go with ${labels.get(parent)} “${value}”. Choose another.`;
  }

  function colour(select) {
    select.parentElement.querySelector(".swatch rect")?.setAttribute("fill", select.selectedOptions[0]?.dataset.colour ?? "none");
  }

  // Not to notify a customer is a question only when the status being chosen closes the ticket.
  const closing = form.querySelector("[data-closing]");
  const status = form.elements.f_status;

  function offerQuiet() {
    if (!closing || !status) return;
    closing.hidden = !JSON.parse(closing.dataset.closing).includes(status.value) || !changed.has(status);
    if (closing.hidden) closing.querySelector("[name=quiet_close]").checked = false; else closing.open = true;
  }

  function refresh() {
    controls.forEach(update);
    follows.forEach(follow);
    offerQuiet();
    show();
  }

  refresh();

  function goTo(control) {
    if (rows.get(control)?.hidden) { filter.value = ""; sift(); }
    const folded = control.closest("details");
    if (folded) folded.open = true;
    control.focus();
    control.scrollIntoView({ block: "center" });
  }

  let steppedTo = null;
  function step(by) {
    const stops = controls.filter((control) => changed.has(control));
    const from = controls.indexOf(rows.has(document.activeElement) ? document.activeElement : steppedTo);
    const ahead = stops.filter((control) => (controls.indexOf(control) - from) * by > 0);
    steppedTo = (by > 0 ? ahead[0] : ahead.at(-1)) ?? stops.at(by > 0 ? 0 : -1);
    if (steppedTo) goTo(steppedTo);
  }

  // What is typed is kept on the server a moment after it was typed, and once more when the page goes away.
  let isKept = !changed.size || form.hasAttribute("data-kept");
  let edits = 0;
  let timer = 0;
  let sending = new AbortController();

  function typed() {
    return new URLSearchParams([...new FormData(form)].filter(([, value]) => typeof value === "string"));
  }

  function say(words, isBad) {
    kept.hidden = false;
    kept.textContent = words;
    kept.classList.toggle("is-bad", isBad);
  }

  async function keep() {
    const version = edits;
    sending = new AbortController();
    try {
      const answer = await fetch(form.dataset.keep, { method: "POST", body: typed(), redirect: "manual", signal: sending.signal });
      if (answer.type === "opaqueredirect") { say("You are signed out. Save asks you to sign in, and keeps what you typed.", true); return; }
      if (!answer.ok) { say("What you typed is not kept yet. Save still works.", true); return; }
      isKept ||= version === edits;
      say(changed.size ? "Kept as a draft" : "No draft is kept", false);
    } catch (error) {
      if (error.name !== "AbortError") say("Amend does not answer. What you typed is only on this page.", true);
    }
  }

  function keepSoon() {
    isKept = false;
    edits += 1;
    clearTimeout(timer);
    timer = setTimeout(keep, 700);
  }

  if (!isKept) keepSoon();

  form.addEventListener("input", (event) => {
    if (event.target === filter || event.target === onlyChanged) { sift(); return; }
    if (!held.has(event.target)) return;
    keepSoon();
    update(event.target);
    if (event.target.tagName === "SELECT") { follows.forEach(follow); colour(event.target); offerQuiet(); }
    show();
  });
  form.addEventListener("click", (event) => {
    const button = event.target.closest("[data-step]");
    if (button) step(Number(button.dataset.step));
  });
  document.addEventListener("keydown", (event) => {
    const by = { PageDown: 1, PageUp: -1 }[event.key];
    if (by && event.altKey) { event.preventDefault(); step(by); }
  });
  form.addEventListener("keydown", (event) => {
    if (event.target === filter && event.key === "Enter") event.preventDefault();
  });
  let sentAt = -Infinity;
  form.addEventListener("submit", (event) => {
    if (event.timeStamp - sentAt < 3000) { event.preventDefault(); return; }  // a double click sends once
    sentAt = event.timeStamp;
    isLeaving = true;
    clearTimeout(timer);
    sending.abort();  // a draft that arrives after the form would outlive it
  });
  addEventListener("pageshow", () => { isLeaving = false; refresh(); });
  addEventListener("pagehide", () => {
    if (!isKept && !isLeaving) navigator.sendBeacon(form.dataset.keep, typed());
  });
  addEventListener("beforeunload", (event) => {
    if (changed.size && !isKept && !isLeaving) event.preventDefault();
  });
  for (const link of document.querySelectorAll("a[href^='#f_']")) {
    link.addEventListener("click", (event) => {
      const target = document.getElementById(decodeURIComponent(link.hash.slice(1)));
      if (!target) return;
      event.preventDefault();
      goTo(target);
    });
  }
})();
