// The connection form: a setting that only counts with certain others is hidden without
// them. Which ones stands in the page, from the system's spec.
"use strict";

document.addEventListener("DOMContentLoaded", () => {
  const data = document.getElementById("setting-conditions");
  if (!data) return;
  const conditions = JSON.parse(data.textContent);
  const input = (name) => document.getElementById(`id_setting_${name}`);

  function show() {
    for (const [field, when] of Object.entries(conditions)) {
      const line = document.querySelector(`.field-${field}`);
      const holds = ([name, value]) => !input(name) || input(name).value === value;
      if (line) line.hidden = !Object.entries(when).every(holds);
    }
  }

  const named = new Set(Object.values(conditions).flatMap(Object.keys));
  named.forEach((name) => input(name)?.addEventListener("change", show));
  show();
});
