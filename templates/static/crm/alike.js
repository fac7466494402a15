/* A new customer: who is known already is looked up while one types. */
(function () {
  "use strict";

  document.addEventListener("DOMContentLoaded", function () {
    const box = document.querySelector("[data-alike]"), form = box && document.querySelector(box.dataset.form);
    if (!form) { return; }
    let timer = 0, asked = 0;
    form.addEventListener("input", function () {
      window.clearTimeout(timer);
      timer = window.setTimeout(function () {
        const turn = asked += 1;
        fetch(box.dataset.alike, { method: "POST", body: new FormData(form), credentials: "same-origin", headers: { "X-Requested-With": "fetch" } })
          .then(function (answer) { if (!answer.ok) { throw new Error(String(answer.status)); } return answer.text(); })
          .then(function (html) { if (turn === asked) { box.innerHTML = html; } }, function () {});
      }, 300);
    });
  });
})();
