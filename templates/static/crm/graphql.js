/* The page that asks GraphQL: sends question and variables, shows the answer. */
(function () {
  "use strict";

  function start(form) {
    const query = form.querySelector("#ask-query");
    const variables = form.querySelector("#ask-variables");
    const answer = form.querySelector(".crm-ask-answer");
    const token = form.querySelector("[name=csrfmiddlewaretoken]").value;

    function show(text) { answer.textContent = text; }
    function ask() {
      let given;
      try { given = JSON.parse(variables.value.trim() || "{}"); } catch (error) { show("The variables are no JSON."); return; }
      show("Asking …");
      fetch(form.dataset.ask, {
        method: "POST",
        headers: { "Content-Type": "application/json", "X-CSRFToken": token },
        body: JSON.stringify({ query: query.value, variables: given }),
      })
        .then(function (came) { return came.json(); })
        .then(function (body) { show(JSON.stringify(body, null, 2)); })
        .catch(function () { show("There was no answer. Are you still logged in?"); });
    }

    form.addEventListener("submit", function (event) { event.preventDefault(); ask(); });
    form.addEventListener("keydown", function (event) {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) { event.preventDefault(); ask(); }
    });
  }

  document.addEventListener("DOMContentLoaded", function () { document.querySelectorAll("[data-ask]").forEach(start); });
})();
