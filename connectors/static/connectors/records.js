// Copy buttons. Without a clipboard (no HTTPS) they stay hidden: the text can be marked.
"use strict";

document.addEventListener("DOMContentLoaded", () => {
  if (!navigator.clipboard) {
    return;
  }
  document.querySelectorAll("button[data-copy]").forEach((button) => {
    const icon = button.querySelector(".material-symbols-outlined");
    button.hidden = false;
    button.addEventListener("click", async () => {
      const text = document.getElementById(button.dataset.copy).textContent;
      await navigator.clipboard.writeText(text);
      icon.textContent = "check";
      window.setTimeout(() => (icon.textContent = "content_copy"), 1500);
    });
  });
});
