/* The desk: moving columns, counting marks, charts of the dashboard. */
(function () {
  "use strict";

  document.addEventListener("click", function (event) {
    const button = event.target.closest("[data-ordered] [data-move]");
    if (!button) { return; }
    const row = button.closest("li");
    const other = button.dataset.move === "1" ? row.nextElementSibling : row.previousElementSibling;
    if (other) {
      if (button.dataset.move === "1") { other.after(row); } else { other.before(row); }
      button.focus();
    }
  });

  document.addEventListener("change", function () {
    const words = document.querySelector("[data-marked]");
    if (!words) { return; }
    const marked = document.querySelectorAll("input[name=ids]:checked").length;
    words.textContent = marked ? marked + " marked" : "";
  });
})();
