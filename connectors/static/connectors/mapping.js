// The flow's page: objects narrowed to the chosen connection, what a transform wants
// said beside it, and the preview shown in place. Without a script all of it still works.
"use strict";

(() => {
  const blank = new Option("Choose", "");

  function narrow(select) {
    const connection = document.getElementById(select.dataset.of);
    const offers = JSON.parse(select.dataset.offers);
    const chosen = select.value;
    const offered = offers[connection.value] || [];
    const options = offered.map(([name, label]) => new Option(label, name, false, name === chosen));
    select.replaceChildren(blank.cloneNode(true), ...options);
    select.disabled = false;
    if (!connection.value) select.options[0].textContent = "Choose the connection first";
    else if (!offered.length) select.options[0].textContent = "This system offers nothing here";
    else if (offered.length === 1) select.value = offered[0][0];
  }

  function explain(select, transforms) {
    const argument = document.getElementById(select.id.replace(/transform$/, "argument"));
    if (!argument) return;
    const transform = transforms[select.value];
    argument.placeholder = transform ? transform.argument : "";
    argument.title = select.title = transform ? transform.help : "";
    argument.classList.toggle("argument-unused", !argument.value && (!transform || !transform.argument));
  }

  function schedule(select) {
    const seconds = document.getElementById("id_custom_seconds");
    const row = seconds && (seconds.closest(".field-row") || seconds.closest(".form-row"));
    if (row) row.hidden = select.value !== "custom";
  }

  async function preview(button) {
    const form = button.form;
    const panel = document.getElementById(button.dataset.preview);
    panel.textContent = "Reading a record…";
    button.disabled = true;
    try {
      const answer = await fetch(button.formAction, {
        method: "POST",
        body: new FormData(form),
        headers: { "X-Requested-With": "fetch" },
      });
      if (!answer.ok) throw new Error(`${answer.status} ${answer.statusText}`);
      panel.innerHTML = await answer.text();
    } catch (error) {
      panel.textContent = `The preview did not work (${error.message}). Reload the page and try again.`;
    } finally {
      button.disabled = false;
    }
  }

  document.addEventListener("DOMContentLoaded", () => {
    document.querySelectorAll("select[data-offers]").forEach((select) => {
      narrow(select);
      document.getElementById(select.dataset.of).addEventListener("change", () => narrow(select));
    });

    const interval = document.getElementById("id_schedule");
    if (interval) {
      schedule(interval);
      interval.addEventListener("change", () => schedule(interval));
    }

    const data = document.getElementById("transforms");
    if (data) {
      const transforms = JSON.parse(data.textContent);
      const chosen = 'select[name$="-transform"]';
      document.querySelectorAll(chosen).forEach((select) => explain(select, transforms));
      document.addEventListener("change", (event) => {
        if (event.target.matches(chosen)) explain(event.target, transforms);
      });
    }

    document.addEventListener("click", (event) => {
      const button = event.target instanceof Element && event.target.closest("button[data-preview]");
      if (!button) return;
      event.preventDefault();
      preview(button);
    });

    const key = document.getElementById("preview_key");
    if (key) {
      key.addEventListener("keydown", (event) => {
        if (event.key !== "Enter") return;
        event.preventDefault(); // Enter here means preview, not save
        preview(document.querySelector("button[data-preview]"));
      });
    }
  });
})();
