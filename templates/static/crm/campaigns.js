/* Campaigns: numbers and previews that follow the form, parts that a choice shows, dragging in the calendar. */
(function () {
  "use strict";
  const CALM = 350;

  function token() { const field = document.querySelector("[name=csrfmiddlewaretoken]"); return field ? field.value : ""; }

  /* A form whose present state is shown beside it; the latest answer counts. */
  function mirror(form) {
    const box = document.querySelector(form.dataset.into);
    let timer = 0, asked = 0;
    function ask() {
      const mine = ++asked;
      fetch(form.dataset.mirror, { method: "POST", body: new FormData(form), headers: { "X-Requested-With": "fetch", "X-CSRFToken": token() } })
        .then(function (answer) { if (!answer.ok) { throw new Error(String(answer.status)); } return answer.text(); })
        .then(function (html) { if (mine === asked) { box.innerHTML = html; box.dataset.renewed = String(mine); } })
        .catch(function () {});
    }
    function soon() { window.clearTimeout(timer); timer = window.setTimeout(ask, CALM); }
    form.addEventListener("input", soon);
    form.addEventListener("change", soon);
    box.addEventListener("change", function (event) {
      if (!event.target.matches("[data-choose-member]")) { return; }
      const field = form.querySelector("[data-member]");
      if (field) { field.value = event.target.value; ask(); }
    });
  }

  /* What was typed is not lost without a word: leaving asks, unless the form is sent. */
  function guards(form) {
    let typed = false;
    form.addEventListener("input", function () { typed = true; });
    form.addEventListener("submit", function () { typed = false; });
    window.addEventListener("beforeunload", function (event) { if (typed) { event.preventDefault(); } });
  }

  function shows(box) {
    const part = document.querySelector(box.dataset.shows);
    box.addEventListener("change", function () { part.hidden = !box.checked; });
  }

  /* Parts that go with some choices only: `data-of` names those, `data-among` of the choice finds the parts. */
  function showsOnly(choice) {
    choice.addEventListener("change", function () {
      document.querySelectorAll(choice.dataset.among).forEach(function (part) { part.hidden = part.dataset.of.split(" ").indexOf(choice.value) < 0; });
    });
  }

  /* The buttons of a campaign are those of its state: another one, and the page is another. */
  function follows(box) {
    function state() { const told = box.querySelector("[data-state-of]"); return told ? told.dataset.stateOf : ""; }
    const first = state();
    new MutationObserver(function () { if (state() && state() !== first) { window.location.reload(); } }).observe(box, { childList: true });
  }

  function calendar(board) {
    let dragged = null;
    function square(event) { return event.target.closest("[data-day]"); }
    function clear() { board.querySelectorAll(".crm-camp-over").forEach(function (day) { day.classList.remove("crm-camp-over"); }); }
    board.addEventListener("dragstart", function (event) { dragged = event.target.closest("[data-move]"); });
    board.addEventListener("dragend", function () { dragged = null; clear(); });
    board.addEventListener("dragover", function (event) {
      const day = square(event);
      if (!dragged || !day) { return; }
      event.preventDefault(); clear(); day.classList.add("crm-camp-over");
    });
    board.addEventListener("drop", function (event) {
      const day = square(event);
      if (!dragged || !day) { return; }
      event.preventDefault();
      const body = new FormData(); body.append("day", day.dataset.day);
      fetch(dragged.dataset.move, { method: "POST", body: body, headers: { "X-Requested-With": "fetch", "X-CSRFToken": token() } })
        .finally(function () { history.scrollRestoration = "manual"; window.location.reload(); });
    });
  }

  document.addEventListener("DOMContentLoaded", function () {
    document.querySelectorAll("[data-mirror]").forEach(mirror);
    document.querySelectorAll("[data-shows]").forEach(shows);
    document.querySelectorAll("[data-among]").forEach(showsOnly);
    document.querySelectorAll(".crm-camp-steps [aria-current]").forEach(function (step) { step.scrollIntoView({ block: "nearest", inline: "center" }); });
    document.querySelectorAll("[data-guards]").forEach(guards);
    document.querySelectorAll("[data-follows]").forEach(follows);
    document.querySelectorAll("[data-calendar]").forEach(calendar);
  });
})();
