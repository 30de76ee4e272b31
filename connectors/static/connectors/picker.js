// Makes every <input data-picker="source|target"> a searchable list of the fields in the
// JSON of the same name on the page. Rows added later need nothing: events bubble.
"use strict";

(() => {
  const SHOWN = 80;
  const catalogues = {};
  let list = null; // the open list, or null
  let owner = null; // the input it belongs to
  let marked = -1; // the highlighted option

  function catalogue(side) {
    if (!(side in catalogues)) {
      const data = document.getElementById(`${side}-fields`);
      catalogues[side] = data ? JSON.parse(data.textContent) : [];
    }
    return catalogues[side];
  }

  // Some take several names, with commas between them: the last is being written.
  function parts(input) {
    return input.value.split(",").map((name) => name.trim());
  }

  function find(input) {
    const names = parts(input);
    const all = catalogue(input.dataset.picker);
    const found = names.map((name) => all.find((field) => field.name === name));
    return found.every(Boolean) ? found[found.length - 1] : undefined;
  }

  function describe(input) {
    const hint = input.closest("td").querySelector(".picker-hint");
    if (!hint) return;
    const field = find(input);
    const unknown = !field && input.value.trim() !== "";
    hint.textContent = field ? `${field.label} · ${field.type}` : unknown ? "not a known field" : "";
    hint.title = field && field.help ? field.help : "";
    hint.classList.toggle("picker-unknown", unknown);
  }

  function matching(input, all) {
    const words = all ? [] : parts(input).pop().toLowerCase().split(/\s+/).filter(Boolean);
    return catalogue(input.dataset.picker).filter((field) => {
      const text = `${field.name} ${field.label}`.toLowerCase();
      return words.every((word) => text.includes(word));
    });
  }

  function notes(field) {
    return [field.type, field.required && "required", field.unique && "unique", field.custom && "custom"]
      .filter(Boolean)
      .join(", ");
  }

  function option(field, index) {
    const row = document.createElement("div");
    row.className = "picker-option";
    row.id = `picker-option-${index}`;
    row.setAttribute("role", "option");
    row.dataset.name = field.name;
    row.title = field.help || "";
    for (const [tag, text] of [["b", field.label], ["span", notes(field)], ["code", field.name]]) {
      const part = document.createElement(tag);
      part.textContent = text;
      row.append(part);
    }
    return row;
  }

  function place() {
    const box = owner.getBoundingClientRect();
    const width = Math.min(Math.max(box.width, 320), window.innerWidth - 16);
    list.style.width = `${width}px`;
    list.style.left = `${Math.max(8, Math.min(box.left, window.innerWidth - width - 8))}px`;
    const below = window.innerHeight - box.bottom - 8;
    const upwards = below < 200 && box.top > below;
    list.style.maxHeight = `${Math.min(320, (upwards ? box.top : below) - 4)}px`;
    list.style.top = upwards ? "auto" : `${box.bottom + 4}px`;
    list.style.bottom = upwards ? `${window.innerHeight - box.top + 4}px` : "auto";
  }

  function show(input, all) {
    if (owner !== input) close();
    if (!list) {
      list = document.createElement("div");
      list.className = "picker-list";
      list.id = "picker-list";
      list.setAttribute("role", "listbox");
      document.body.append(list);
      owner = input;
      input.setAttribute("role", "combobox");
      input.setAttribute("aria-expanded", "true");
      input.setAttribute("aria-controls", "picker-list");
    }
    const found = matching(input, all);
    list.replaceChildren(...found.slice(0, SHOWN).map(option));
    if (found.length > SHOWN || found.length === 0) {
      const rest = document.createElement("div");
      rest.className = "picker-none";
      rest.textContent = found.length
        ? `${found.length - SHOWN} more: type to narrow them down`
        : "No field like this. Press “Read fields” on the connection if it is new there.";
      list.append(rest);
    }
    marked = -1;
    mark(found.findIndex((field) => field.name === input.value.trim()));
    place();
  }

  function mark(index) {
    const options = list.querySelectorAll(".picker-option");
    if (options[marked]) options[marked].removeAttribute("aria-selected");
    marked = options.length ? Math.max(-1, Math.min(index, options.length - 1)) : -1;
    if (marked < 0) {
      owner.removeAttribute("aria-activedescendant");
      return;
    }
    options[marked].setAttribute("aria-selected", "true");
    options[marked].scrollIntoView({ block: "nearest" });
    owner.setAttribute("aria-activedescendant", options[marked].id);
  }

  function close() {
    if (!list) return;
    list.remove();
    owner.setAttribute("aria-expanded", "false");
    owner.removeAttribute("aria-activedescendant");
    list = owner = null;
  }

  function choose(name) {
    const input = owner;
    close();
    input.value = [...parts(input).slice(0, -1), name].join(", ");
    describe(input);
    input.dispatchEvent(new Event("change", { bubbles: true }));
  }

  function picker(event) {
    return event.target instanceof HTMLInputElement && event.target.dataset.picker ? event.target : null;
  }

  document.addEventListener("focusin", (event) => {
    const input = picker(event);
    if (!input) return;
    input.removeAttribute("list"); // the browser's own lists would cover ours
    input.autocomplete = "off";
    show(input, true);
  });
  document.addEventListener("click", (event) => {
    const input = picker(event);
    if (input && !list) show(input, true);
  });
  document.addEventListener("input", (event) => {
    const input = picker(event);
    if (!input) return;
    describe(input);
    show(input, false);
  });
  document.addEventListener("focusout", (event) => {
    if (owner && event.target === owner) close();
  });
  document.addEventListener("mousedown", (event) => {
    const row = event.target instanceof Element && event.target.closest(".picker-option");
    if (event.target instanceof Element && event.target.closest(".picker-list")) event.preventDefault();
    if (row) choose(row.dataset.name);
  });
  document.addEventListener("keydown", (event) => {
    const input = picker(event);
    if (!input) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (!list) show(input, true);
      else mark(marked + (event.key === "ArrowDown" ? 1 : -1));
    } else if (event.key === "Enter" && list) {
      event.preventDefault(); // Enter in a field would save the whole flow
      const row = list.querySelectorAll(".picker-option")[marked];
      if (row) choose(row.dataset.name);
      else close();
    } else if (event.key === "Escape" && list) {
      event.stopPropagation();
      close();
    }
  });
  window.addEventListener("scroll", () => list && place(), true);
  window.addEventListener("resize", () => list && place());
})();
