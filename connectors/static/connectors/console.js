// Small helps for every page. All of them work without a script, only less smoothly.
"use strict";

document.addEventListener("DOMContentLoaded", () => {
  // A second click while the first is on its way would be a second order.
  document.querySelectorAll(".console-buttons form").forEach((form) => {
    form.addEventListener("submit", () => {
      const button = form.querySelector("button");
      window.setTimeout(() => button.setAttribute("disabled", ""), 0);
    });
  });
});

// Coming back by the browser's arrow restores the page as it was left: pressed.
window.addEventListener("pageshow", () => {
  document
    .querySelectorAll(".console-buttons button[disabled]")
    .forEach((button) => button.removeAttribute("disabled"));
});
