/* The search box: asks as one types, moves with the arrows, opens with Enter. The text goes by POST, never in an address. */
(function () {
  "use strict";
  const WAIT = 160;

  function start(form) {
    const input = form.querySelector("input[type=search]");
    const list = form.querySelector(".crm-search-results");
    let timer = 0;
    let asked = "";
    let running = null;

    function links() { return Array.from(list.querySelectorAll("a[role=option]")); }
    function chosen() { return links().findIndex(function (link) { return link.getAttribute("aria-selected") === "true"; }); }
    function open(shown) {
      list.hidden = !shown;
      input.setAttribute("aria-expanded", shown ? "true" : "false");
      if (!shown) { input.removeAttribute("aria-activedescendant"); }
    }
    function choose(place) {
      const all = links();
      all.forEach(function (link, index) { link.setAttribute("aria-selected", index === place ? "true" : "false"); });
      if (all[place]) {
        input.setAttribute("aria-activedescendant", all[place].id);
        all[place].scrollIntoView({ block: "nearest" });
      }
    }
    function ask() {
      const text = input.value.trim();
      if (text && text === asked) { open(true); return Promise.resolve(); }
      if (running) { running.abort(); }
      running = new AbortController();
      asked = text;
      return fetch(form.action, { method: "POST", body: new FormData(form), signal: running.signal, headers: { "X-Requested-With": "fetch" } })
        .then(function (answer) { if (answer.redirected) { window.location.reload(); } if (!answer.ok) { throw new Error(String(answer.status)); } return answer.text(); })
        .then(function (html) { list.innerHTML = html; open(Boolean(html.trim())); choose(0); })
        .catch(function (error) {
          if (error.name === "AbortError") { return; }
          asked = "";
          list.innerHTML = '<p class="crm-found-nothing">The search did not answer. Check the connection and type again.</p>';
          open(true);
        });
    }

    input.addEventListener("input", function () { window.clearTimeout(timer); timer = window.setTimeout(ask, WAIT); });
    input.addEventListener("focus", function () { ask(); });
    form.addEventListener("submit", function (event) {
      event.preventDefault();
      window.clearTimeout(timer);
      ask().then(function () { const link = links()[Math.max(0, chosen())]; if (link) { window.location.href = link.href; } });
    });
    input.addEventListener("keydown", function (event) {
      const all = links();
      if (event.key === "Escape") { if (list.hidden) { input.value = ""; input.blur(); } open(false); event.preventDefault(); }
      if ((event.key === "ArrowDown" || event.key === "ArrowUp") && all.length) {
        const step = event.key === "ArrowDown" ? 1 : -1;
        choose((chosen() + step + all.length) % all.length);
        event.preventDefault();
      }
    });
    document.addEventListener("click", function (event) { if (!form.contains(event.target)) { open(false); } });
    document.addEventListener("focusin", function (event) { if (!form.contains(event.target)) { open(false); } });
    document.addEventListener("keydown", function (event) {
      const typing = event.target.closest("input, textarea, select, [contenteditable]");
      const slash = event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey;
      const palette = event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey);
      if (slash || palette) { event.preventDefault(); input.focus(); input.select(); }
    });
  }

  document.addEventListener("DOMContentLoaded", function () { document.querySelectorAll("form[data-search]").forEach(start); });
})();
