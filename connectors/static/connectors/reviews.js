// The queue by keyboard: j and k move, 1 to 9 press the row's buttons, x ticks, Enter
// opens. On the page of one question the digits press its buttons. And nothing is
// decided twice by a double click.
"use strict";

(() => {
  const rows = () => Array.from(document.querySelectorAll("#result_list tbody tr"));
  let marked = -1;

  function mark(index) {
    const all = rows();
    if (!all.length) return;
    if (all[marked]) all[marked].classList.remove("review-marked");
    marked = Math.max(0, Math.min(index, all.length - 1));
    all[marked].classList.add("review-marked");
    all[marked].scrollIntoView({ block: "nearest" });
    // The link takes the focus, so that a screen reader says where we are.
    const link = all[marked].querySelector("th a, td a");
    if (link) link.focus({ preventScroll: true });
  }

  function decides() {
    const all = rows();
    const place = all.length ? all[marked] : document.querySelector("#content");
    return place ? place.querySelectorAll("[data-decides]") : [];
  }

  function typing(target) {
    return target.closest("input:not([type=checkbox]), textarea, select, [contenteditable]") !== null;
  }

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || !(event.target instanceof Element) || typing(event.target)) return;
    if (event.key === "j" || event.key === "k") {
      mark(marked + (event.key === "j" ? 1 : -1));
    } else if (event.key === "x" && rows()[marked]) {
      const box = rows()[marked].querySelector("input.action-select");
      if (box) box.click();
    } else if (/^[1-9]$/.test(event.key)) {
      const button = decides()[Number(event.key) - 1];
      if (button) button.click();
      else return;
    } else {
      return;
    }
    event.preventDefault();
  });

  document.addEventListener("submit", (event) => {
    const pressed = event.submitter;
    if (!pressed || !pressed.matches("[data-decides]")) return;
    // After this event, or the button's own value would not be sent.
    window.setTimeout(() => {
      document.querySelectorAll("[data-decides]").forEach((one) => one.setAttribute("disabled", ""));
    }, 0);
  });

  // Coming back by the browser's arrow restores the page as it was left: pressed.
  window.addEventListener("pageshow", () => {
    document.querySelectorAll("[data-decides][disabled]").forEach((one) => one.removeAttribute("disabled"));
  });

  document.addEventListener("DOMContentLoaded", () => {
    document.querySelectorAll("[data-keys]").forEach((hint) => (hint.hidden = false));
  });
})();
