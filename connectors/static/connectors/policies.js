// The numbers of a policy matter only where something is waited for; say so by their look.
"use strict";

document.addEventListener("DOMContentLoaded", () => {
  const waits = new Set(["retry", "back_off"]);
  function show(select) {
    const numbers = select.closest("tr").querySelectorAll("input[data-policy]");
    numbers.forEach((input) => input.classList.toggle("policy-unused", !waits.has(select.value)));
  }
  document.querySelectorAll("select[data-policy]").forEach((select) => {
    show(select);
    select.addEventListener("change", () => show(select));
  });
});
