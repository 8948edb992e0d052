/* Lookups by typing a name: a list under the input, as the ARIA practices describe an editable combobox. Without this file a text
   that is not chosen yet is refused on saving, with what it may mean to choose from. Nothing is ever chosen for the person. */
"use strict";

(() => {
  const WAIT = 250;
  const SIGNED_OUT = "Nothing can be searched: you are signed out, or Amend does not answer. What you typed is kept when you save.";
  const NO_KIND = "Choose the kind of record first.";
  const HELD = "input[type=hidden][name^='id_'], input[type=radio][name^='id_']:checked";
  const isLongId = (text) => /^\d{16,}$/.test(text);  // shorter ones may be a telephone number or a name
  const isId = (text) => /^\d+$/.test(text);

  function element(tag, className, text) {
    const made = document.createElement(tag);
    if (className) made.className = className;
    if (text) made.textContent = text;
    return made;
  }

  function say(words) {
    const region = document.getElementById("announce");
    if (region) region.textContent = words;
  }

  class Lookup {
    constructor(input) {
      this.input = input;
      this.list = element("ul", "candidates");
      this.list.id = input.id.replace(/^f_/, "l_");
      this.list.hidden = true;
      for (const [name, value] of [["role", "listbox"], ["aria-label", "Candidates"]]) this.list.setAttribute(name, value);
      input.parentElement.append(this.list);
      const roles = { role: "combobox", "aria-expanded": "false", "aria-controls": this.list.id, "aria-autocomplete": "list" };
      for (const [name, value] of Object.entries(roles)) input.setAttribute(name, value);
      this.field = input.closest(".cell, .field");
      this.kind = input.form?.elements[input.dataset.kind];
      this.stands = this.field.querySelector("input[name^='as_']");
      this.shown = this.field.querySelector("[data-chosen]");
      input.dataset.first = input.dataset.id;
      this.name = input.name.slice(2);
      this.before = { id: input.dataset.id, name: input.value };
      this.asked = 0;
      this.kind?.addEventListener("change", () => { if (this.input.value) this.choose({ id: "", name: "" }); });
      input.addEventListener("input", () => this.typed());
      input.addEventListener("keydown", (event) => this.key(event));
      input.addEventListener("blur", () => this.close());
      this.list.addEventListener("pointerdown", (event) => event.preventDefault());  // the focus stays in the input
      this.list.addEventListener("click", (event) => this.pick(event.target.closest("[role=option]")));
      this.field.addEventListener("change", (event) => {
        const [id, ...name] = event.target.value.split(" ");
        if (event.target.type === "radio") this.take({ id, name: name.join(" ") });
      });
    }

    typed() {
      clearTimeout(this.timer);
      const text = this.input.value.trim();
      this.input.dataset.id = text === this.stands.value ? this.chosen() : "";
      this.show();
      if (text.length < 2 || isLongId(text) || this.input.dataset.id) { this.close(); return; }
      this.timer = setTimeout(() => this.search(text), WAIT);
    }

    chosen() {
      return (this.field.querySelector(HELD)?.value ?? "").split(" ")[0];
    }

    show() {
      const { value, dataset } = this.input;
      this.shown.textContent = dataset.id || (value.trim() && !isId(value.trim()) ? "not chosen yet" : "");
    }

    async search(text) {
      clearTimeout(this.timer);
      if (this.kind?.value === "") { this.open({ rows: [], notice: NO_KIND }); return; }
      const turn = this.asked += 1;
      let found;
      try {
        const answer = await fetch(`${this.input.dataset.lookup}${this.kind?.value ?? ""}?${new URLSearchParams({ q: text })}`, { headers: { Accept: "application/json" }, redirect: "manual" });
        found = await answer.json();
        if (!Array.isArray(found.rows)) throw new TypeError();
      } catch {
        found = { rows: [], notice: SIGNED_OUT };
      }
      if (turn === this.asked && document.activeElement === this.input) this.open(found);
    }

    open({ rows, notice }) {
      const options = rows.map((row, at) => {
        const option = element("li");
        option.setAttribute("role", "option");
        option.setAttribute("aria-selected", "false");
        option.id = `${this.list.id}_${at}`;
        option.candidate = row;
        const name = element("span", "candidate-name", row.name);
        name.dir = "auto";
        option.append(name);
        if (row.warning) option.append(" ", element("em", "warning", row.warning));
        if (row.details) {
          const details = element("small", "", row.details);
          details.dir = "auto";
          option.append(" ", details);
        }
        option.append(" ", element("code", "id", row.id));
        return option;
      });
      this.list.replaceChildren(...options);
      if (notice) {
        const said = element("li", "notice", notice);
        said.setAttribute("role", "option");
        said.setAttribute("aria-disabled", "true");
        said.setAttribute("aria-selected", "false");
        this.list.append(said);
      }
      this.list.hidden = false;
      this.input.setAttribute("aria-expanded", "true");
      this.activate(-1);
      this.list.scrollIntoView({ block: "nearest" });
      say(rows.length ? `${rows.length} found. ${notice}` : notice);
    }

    close() {
      clearTimeout(this.timer);
      this.asked += 1;
      this.list.hidden = true;
      this.input.setAttribute("aria-expanded", "false");
      this.activate(-1);
    }

    get options() { return [...this.list.querySelectorAll("[role=option]:not([aria-disabled])")]; }

    activate(at) {
      const { options } = this;
      this.active = options[at] ?? null;
      for (const option of options) option.setAttribute("aria-selected", String(option === this.active));
      if (!this.active) { this.input.removeAttribute("aria-activedescendant"); return; }
      this.input.setAttribute("aria-activedescendant", this.active.id);
      this.active.scrollIntoView({ block: "nearest" });
    }

    key(event) {
      if (event.isComposing || event.ctrlKey || event.metaKey) return;
      const { options } = this;
      const at = options.indexOf(this.active);
      const moves = { ArrowDown: at + 1, ArrowUp: at < 0 ? options.length - 1 : at - 1, ...(this.active && { Home: 0, End: options.length - 1 }) };
      if (this.list.hidden) {
        if (event.key === "ArrowDown" || event.key === "ArrowUp") { event.preventDefault(); this.search(this.input.dataset.id ? "" : this.input.value.trim()); }
        if (event.key === "Escape" && !this.input.dataset.id && this.input.value !== this.before.name) { event.preventDefault(); this.choose(this.before); }
        return;
      }
      if (event.key === "Escape") { event.preventDefault(); event.stopPropagation(); this.close(); return; }
      if (event.key === "Enter") { event.preventDefault(); this.pick(this.active); return; }
      if (!(event.key in moves) || !options.length) return;
      event.preventDefault();
      this.activate(moves[event.key] % options.length);
    }

    pick(option) {
      if (option?.candidate) this.choose(option.candidate);
    }

    choose({ id, name }) {
      this.field.querySelector(".offered")?.remove();
      let held = this.field.querySelector(HELD);
      if (!held) {
        held = element("input");
        Object.assign(held, { type: "hidden", name: `id_${this.name}` });
        this.stands.after(held);
      }
      held.value = id ? `${id} ${name}` : "";
      this.take({ id, name });
    }

    take({ id, name }) {
      const text = name.trim().replace(/\s+/g, " ");
      this.input.value = this.stands.value = text;
      this.input.dataset.id = id;
      this.before = { id, name: text };
      this.show();
      this.close();
      this.input.dispatchEvent(new Event("input", { bubbles: true }));
      if (id) say(`Chosen: ${text}, ${id}`);
    }
  }

  for (const input of document.querySelectorAll("input[data-lookup]")) new Lookup(input);
})();
