/* The composer's preview follows the writer; a busy post's page renews itself; what cannot be taken back asks first. */
(function () {
  "use strict";

  function preview(form) {
    const box = form.querySelector("[data-previewed]"), fold = form.closest("details");
    let timer = 0, asked = 0;
    function ask() {
      const mine = ++asked;
      fetch(form.dataset.preview, { method: "POST", body: new FormData(form), headers: { "X-Requested-With": "fetch" } })
        .then(function (answer) { if (!answer.ok) { throw new Error(String(answer.status)); } return answer.text(); })
        .then(function (html) { if (mine === asked) { box.innerHTML = html; } })
        .catch(function () { /* The next letter asks again. */ });
    }
    form.addEventListener("input", function () { window.clearTimeout(timer); timer = window.setTimeout(ask, 250); });
    /* What is folded away is asked for when it is opened. */
    if (fold && !fold.open) { fold.addEventListener("toggle", ask, { once: true }); } else { ask(); }
  }

  /* Files go out in the order in which they were chosen: one that is chosen moves behind the others. */
  function order(picks) {
    picks.addEventListener("change", function (event) {
      const label = event.target.closest("label");
      if (!label || event.target.type !== "checkbox" || !event.target.checked) { return; }
      const others = Array.from(picks.querySelectorAll("input:checked")).map(function (one) { return one.closest("label"); })
        .filter(function (one) { return one !== label; });
      const last = others.pop();
      if (last) { last.after(label); } else { picks.prepend(label); }
      event.target.focus();
    });
  }

  /* Files are added beside the post that is being written, and described there. */
  function upload(input) {
    const form = input.form, picks = form.querySelector(".crm-social-pick"), said = form.querySelector("[data-upload-said]");
    function send(address, values) {
      const body = new FormData();
      body.append("csrfmiddlewaretoken", form.elements.csrfmiddlewaretoken.value);
      values.forEach(function (pair) { body.append(pair[0], pair[1]); });
      return fetch(address, { method: "POST", body: body, headers: { "X-Requested-With": "fetch" } })
        .then(function (answer) { if (!answer.ok) { throw new Error(String(answer.status)); } return answer.text(); });
    }
    function changed() { form.dispatchEvent(new Event("input")); }
    input.addEventListener("change", function () {
      const files = Array.from(input.files);
      if (!files.length) { return; }
      input.value = "";
      input.disabled = true;
      said.textContent = "Being added …";
      send(input.dataset.upload, files.map(function (file) { return ["files", file]; }))
        .then(function (html) {
          const piece = document.createElement("template");
          piece.innerHTML = html;
          const labels = piece.content.querySelectorAll("label[title]");
          labels.forEach(function (label) {
            const known = picks.querySelector('input[value="' + label.querySelector("input").value + '"]');
            if (known) { known.closest("label").remove(); }
          });
          const chosen = Array.from(picks.querySelectorAll("input:checked"));
          if (chosen.length) { Element.prototype.after.apply(chosen.pop().closest("label"), Array.from(labels)); } else { picks.prepend.apply(picks, Array.from(labels)); }
          said.replaceChildren(piece.content);
          changed();
        })
        .catch(function () { said.textContent = "It was not added: the file is too large, or the connection broke. Try again."; })
        .finally(function () { input.disabled = false; });
    });
    said.addEventListener("change", function (event) {
      send(event.target.dataset.describe, [["act", "describe"], ["alt_text", event.target.value]]).then(changed).catch(function () { event.target.focus(); });
    });
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
    document.querySelectorAll("[data-upload]").forEach(upload);
    document.querySelectorAll(".crm-social-pick").forEach(order);
    document.querySelectorAll("[data-set]").forEach(function (button) {
      button.addEventListener("click", function () {
        const field = document.querySelector(button.dataset.set);
        field.value = button.dataset.value;
        field.dispatchEvent(new Event("input", { bubbles: true }));
      });
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
