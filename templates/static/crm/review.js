/* The review queue by keyboard: a key presses the button that carries it. Bars of evidence get their width. */
(function () {
  "use strict";

  document.addEventListener("keydown", function (event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, textarea, select")) { return; }
    const act = document.querySelector('[data-key="' + CSS.escape(event.key.toLowerCase()) + '"]');
    if (act) { event.preventDefault(); act.click(); }
  });

  /* A second press while the first is under way would decide about the next pair unseen. */
  document.addEventListener("submit", function (event) {
    if (event.target.matches("[data-review]")) {
      if (event.target.dataset.sent) { event.preventDefault(); }
      event.target.dataset.sent = "1";
    }
  });

  document.addEventListener("DOMContentLoaded", function () {
    document.querySelectorAll(".crm-weight i").forEach(function (bar) { bar.style.width = bar.dataset.share + "%"; });
  });
})();
