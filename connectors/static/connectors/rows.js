// The rows of the mapping editor: their lists filled from the options that the page
// carries once, rows moved by the arrow keys, and new ones as movable as saved ones.
"use strict";

(() => {
  function fill(select, options) {
    const chosen = select.value;
    const made = options.map(([value, label]) => new Option(label, value, false, String(value) === chosen));
    select.replaceChildren(...made);
  }

  function number(table) {
    table.querySelectorAll(":scope > .original").forEach((row, index) => {
      row.querySelector('input[name$="-position"]').value = index;
    });
  }

  // What the field beside a guard's kind or a write-back's value is for.
  function explain(select, words) {
    const name = select.name.split("-").pop();
    const input = select.closest("tr").querySelector(`[data-argument-of="${name}"]`);
    if (!input) return;
    input.placeholder = (words[name] || {})[select.value] || "";
    input.classList.toggle("argument-unused", !input.value && !input.placeholder);
  }

  function explainAll(root) {
    const data = document.getElementById("row-arguments");
    if (!data) return;
    const words = JSON.parse(data.textContent);
    const places = root.querySelectorAll('.map-row select[name$="-kind"], .map-row select[name$="-value"]');
    places.forEach((select) => explain(select, words));
  }

  document.addEventListener("change", (event) => {
    if (event.target.matches(".map-row select")) explainAll(event.target.closest("tbody"));
  });

  // Without this script a row cannot be moved, so only it says that one can.
  function equip(root) {
    root.querySelectorAll(".map-handle").forEach((handle) => {
      handle.tabIndex = 0;
      handle.setAttribute("role", "button");
      handle.setAttribute("aria-label", "Move this row: arrow up, arrow down");
    });
  }

  // A row that was added is like any other: it may be dragged at once.
  document.addEventListener("formset:added", (event) => {
    const row = event.target instanceof Element && event.target.closest(".form-group.template");
    if (row) row.classList.replace("template", "original");
  });

  document.addEventListener("keydown", (event) => {
    const handle = event.target instanceof Element && event.target.closest(".map-handle");
    if (!handle || !["ArrowUp", "ArrowDown"].includes(event.key)) return;
    event.preventDefault();
    const row = handle.closest(".form-group");
    const up = event.key === "ArrowUp";
    const other = up ? row.previousElementSibling : row.nextElementSibling;
    if (!other || !other.classList.contains("original")) return;
    if (up) other.before(row);
    else other.after(row);
    number(row.parentElement);
    handle.focus();
  });

  document.addEventListener("DOMContentLoaded", () => {
    const data = document.getElementById("row-options");
    if (!data) return;
    equip(document);
    const options = JSON.parse(data.textContent);
    document.querySelectorAll("select[data-options]").forEach((select) => fill(select, options[select.dataset.options]));
    explainAll(document);
  });
})();
