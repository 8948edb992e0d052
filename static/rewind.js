/* The rewind page's button counts what is ticked. Without this file it counts what was ticked when the page came. */
"use strict";

(() => {
  const form = document.querySelector("form[data-rewind]");
  if (!form) return;
  const button = form.querySelector("button[type=submit]");
  const boxes = [...form.querySelectorAll("input[name=field]")];

  function count() {
    const ticked = boxes.filter((box) => box.checked).length;
    button.textContent = `Rewind ${ticked} field${ticked === 1 ? "" : "s"}`;
  }

  form.addEventListener("change", count);
  count();
})();
