// Everything works without this file. With it, an answer that says no appears inside the form that asked.
"use strict";

document.addEventListener("htmx:afterSwap", (event) => {
  const answer = event.target.querySelector("[data-field]");
  const form = event.target.closest("form");
  if (!answer || !form) return;
  form.querySelectorAll("[aria-invalid]").forEach((input) => input.removeAttribute("aria-invalid"));
  const input = form.elements.namedItem(answer.dataset.field);
  if (input instanceof HTMLElement) {
    input.setAttribute("aria-invalid", "true");
    input.focus();
  }
});

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-print]")) window.print();
});
