/* Parts of a page that renew themselves; they rest while the tab is hidden and while somebody reads them with the keyboard. */
(function () {
  "use strict";

  function start(box) {
    const every = Number(box.dataset.every || "10") * 1000;
    const sign = document.querySelector("[data-live-sign]");

    function say(state, words) { if (sign) { sign.dataset.state = state; sign.textContent = words; } }
    function renew() {
      if (document.hidden || box.contains(document.activeElement)) { return; }
      fetch(box.dataset.live, { headers: { "X-Requested-With": "fetch" } })
        .then(function (answer) {
          if (answer.redirected) { window.location.reload(); }
          if (!answer.ok) { throw new Error(String(answer.status)); }
          return answer.text();
        })
        .then(function (html) {
          const unfolded = Array.from(box.querySelectorAll("details")).map(function (each) { return each.open; });
          box.innerHTML = html;
          box.querySelectorAll("details").forEach(function (each, place) { each.open = Boolean(unfolded[place]); });
          box.dataset.renewed = String(Number(box.dataset.renewed || "0") + 1); say("live", "Live");
        })
        .catch(function () { say("away", "No connection, trying again"); });
    }

    window.setInterval(renew, every);
    document.addEventListener("visibilitychange", function () {
      if (document.hidden) { say("paused", "Paused"); } else { renew(); }
    });
  }

  document.addEventListener("DOMContentLoaded", function () { document.querySelectorAll("[data-live]").forEach(start); });
})();
