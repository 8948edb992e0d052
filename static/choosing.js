/* Boxes to tick: all of a list at once, how many are ticked, and a filter over long lists of them. All works without this file. */
"use strict";

(() => {
  function bulk(form) {
    const all = form.querySelector("[data-all]");
    const count = form.querySelector("[data-count]");
    const boxes = [...form.elements].filter((control) => control.name === "id");
    const show = () => {
      const ticked = boxes.filter((box) => box.checked).length;
      all.checked = ticked > 0 && ticked === boxes.length;
      all.indeterminate = ticked > 0 && ticked < boxes.length;
      count.textContent = ticked ? `${ticked} selected` : "";
    };
    all.addEventListener("change", () => {
      for (const box of boxes) box.checked = all.checked;
      show();
    });
    for (const box of boxes) box.addEventListener("change", show);
    show(); // a browser that comes back brings the ticks back
    addEventListener("pageshow", show);
  }

  function sift(input) {
    const labels = [...document.getElementById(input.dataset.sifts).querySelectorAll("label")];
    input.addEventListener("input", () => {
      const words = input.value.trim().toLowerCase();
      for (const label of labels) label.hidden = words !== "" && !label.textContent.toLowerCase().includes(words);
    });
    input.addEventListener("keydown", (event) => { if (event.key === "Enter") event.preventDefault(); });
  }

  function colour(swatch) {
    const select = swatch.parentElement.querySelector("select");
    select.addEventListener("change", () => swatch.firstElementChild.setAttribute("fill", select.selectedOptions[0]?.dataset.colour ?? "none"));
  }

  document.querySelectorAll(".set .swatch").forEach(colour);
  document.querySelectorAll("[data-bulk]").forEach(bulk);
  document.querySelectorAll("[data-sifts]").forEach(sift);
})();
