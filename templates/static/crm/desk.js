/* The desk: moving columns, marking rows and counting the marks, charts of the dashboard. */
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

  // With Shift down, all rows from the one marked last to this one, as in mail programs.
  let last = null;
  document.addEventListener("click", function (event) {
    const box = event.target;
    if (!box.matches || !box.matches("input[type=checkbox][name=ids]")) { return; }
    if (event.shiftKey && last && last !== box) {
      const boxes = Array.from(document.querySelectorAll("input[type=checkbox][name=ids]"));
      const ends = [boxes.indexOf(last), boxes.indexOf(box)].sort(function (one, other) { return one - other; });
      if (ends[0] >= 0) { boxes.slice(ends[0], ends[1] + 1).forEach(function (each) { each.checked = box.checked; }); }
    }
    last = box;
  });

  document.addEventListener("change", function () {
    const words = document.querySelector("[data-marked]");
    if (!words) { return; }
    const marked = document.querySelectorAll("input[name=ids]:checked").length;
    words.textContent = marked ? marked + " marked" : "";
  });
})();
