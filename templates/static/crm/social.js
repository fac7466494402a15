/* The composer's preview follows the writer; a busy post's page renews itself; what cannot be taken back asks first. */
(function () {
  "use strict";

  function preview(form) {
    const box = form.querySelector(".crm-social-previews");
    let timer = 0, asked = 0;
    function ask() {
      const mine = ++asked;
      fetch(form.dataset.preview, { method: "POST", body: new FormData(form), headers: { "X-Requested-With": "fetch" } })
        .then(function (answer) { if (!answer.ok) { throw new Error(String(answer.status)); } return answer.text(); })
        .then(function (html) { if (mine === asked) { box.innerHTML = html; } })
        .catch(function () { /* The next letter asks again. */ });
    }
    form.addEventListener("input", function () { window.clearTimeout(timer); timer = window.setTimeout(ask, 250); });
    ask();
  }

  function crop(form) {
    const across = form.elements.across, down = form.elements.down, fills = form.elements.fills;
    function show() {
      form.querySelectorAll("[data-crop-image]").forEach(function (image) {
        image.style.objectFit = fills.checked ? "contain" : "cover";
        image.style.objectPosition = across.value + "% " + down.value + "%";
      });
    }
    form.addEventListener("input", show);
    show();
  }

  document.addEventListener("DOMContentLoaded", function () {
    document.querySelectorAll("form[data-crop]").forEach(crop);
    document.querySelectorAll("form[data-preview]").forEach(preview);
    document.querySelectorAll("[data-set]").forEach(function (button) {
      button.addEventListener("click", function () { document.querySelector(button.dataset.set).value = button.dataset.value; });
    });
    document.querySelectorAll("form[data-confirm]").forEach(function (form) {
      form.addEventListener("submit", function (event) { if (!window.confirm(form.dataset.confirm)) { event.preventDefault(); } });
    });
    const busy = document.querySelector("[data-renews]");
    if (busy) {
      window.setInterval(function () {
        if (!document.hidden && !busy.contains(document.activeElement)) { window.location.reload(); }
      }, Number(busy.dataset.renews) * 1000);
    }
  });
})();
