/* A plan's page follows it by htmx; when another state is reached the page loads anew, unless somebody is at work on it. */
"use strict";

(() => {
  function isBusy() {
    const at = document.activeElement;
    const isIdle = !at || at === document.body || at.id === "main";
    const touched = (each) => (each.type === "checkbox" ? each.checked !== each.defaultChecked : each.value !== each.defaultValue);
    return !isIdle || [...document.querySelectorAll("main input, main textarea")].some(touched);
  }

  document.addEventListener("htmx:afterSwap", () => {
    if (document.querySelector("#progress[data-news]") && !isBusy()) location.reload();
  });
})();
