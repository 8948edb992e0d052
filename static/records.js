/* The edit page's comforts: what was changed, a filter, a warning before work is lost. It works without this file. */
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
  let isKept = form.hasAttribute("data-kept");
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
  const labels = new Map(controls.map((control) => [control, control.labels[0]?.textContent ?? control.name]));
  const rows = new Map(controls.map((control) => [control, control.closest(".field")]));

  function before(control) {
    return held.get(control).words;
  }

  function isChanged(control) {
    return raw(control, false) !== held.get(control).value;
  }

  function mark(control) {
    const row = rows.get(control);
    const changed = isChanged(control);
    let was = row.querySelector(".was");
    row.classList.toggle("is-changed", changed);
    if (!changed) { was?.remove(); return false; }
    if (!was) {
      was = element("div", "was", "was ");
      const old = element("del", "", before(control) || EMPTY);
      old.dir = "auto";
      if (!before(control)) old.className = "empty";
      was.append(old);
      control.after(was);
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
    if (!changed.size) { pending.textContent = "No changes yet."; return; }
    const list = element("ul");
    for (const control of controls) if (changed.has(control)) list.append(line(control));
    pending.replaceChildren(list);
  }

  function update(control) {
    if (mark(control)) changed.add(control); else changed.delete(control);
  }

  function sift() {
    const words = filter.value.trim().toLowerCase();
    let left = 0;
    for (const row of form.querySelectorAll(".field")) {
      const name = row.querySelector(".field-name").textContent.toLowerCase();
      row.hidden = (words !== "" && !name.includes(words)) || (onlyChanged.checked && !row.classList.contains("is-changed"));
      if (!row.hidden) left += 1;
    }
    const isSifting = words !== "" || onlyChanged.checked;
    for (const section of form.querySelectorAll("section.section, details.off-layout")) {
      section.hidden = isSifting && !section.querySelector(".field:not([hidden])");
      if (section.matches("details") && isSifting) section.open = !section.hidden;
    }
    noneLeft.hidden = left > 0;
  }

  for (const tool of form.querySelectorAll("[data-js]")) tool.hidden = false;
  controls.forEach(update);
  show();

  form.addEventListener("input", (event) => {
    if (event.target === filter || event.target === onlyChanged) { sift(); return; }
    if (!held.has(event.target)) return;
    isKept = false;
    update(event.target);
    show();
  });
  form.addEventListener("keydown", (event) => {
    if (event.target === filter && event.key === "Enter") event.preventDefault();
  });
  let sentAt = -Infinity;
  form.addEventListener("submit", (event) => {
    if (event.timeStamp - sentAt < 3000) { event.preventDefault(); return; }  // a double click sends once
    sentAt = event.timeStamp;
    isLeaving = true;
  });
  addEventListener("pageshow", () => { isLeaving = false; controls.forEach(update); show(); });
  addEventListener("beforeunload", (event) => {
    if (changed.size && !isKept && !isLeaving) event.preventDefault();
  });
  for (const link of document.querySelectorAll("a[href^='#f_']")) {
    link.addEventListener("click", (event) => {
      const target = document.getElementById(decodeURIComponent(link.hash.slice(1)));
      if (!target) return;
      event.preventDefault();
      const folded = target.closest("details");
      if (folded) folded.open = true;
      target.focus();
      target.scrollIntoView({ block: "center" });
    });
  }
})();
