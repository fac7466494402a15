/* The customer page: the timeline filters at once and loads as one scrolls; notes are added in place. */
(function () {
  "use strict";

  function get(url) {
    return fetch(url, { headers: { "X-Requested-With": "fetch" } }).then(function (answer) {
      if (answer.redirected) { window.location.reload(); }
      if (!answer.ok) { throw new Error(String(answer.status)); }
      return answer.text();
    });
  }

  function startTimeline(box) {
    const form = document.querySelector("[data-timeline-form]");
    let asked = 0;
    const watch = new IntersectionObserver(function (entries) {
      entries.forEach(function (entry) { if (entry.isIntersecting) { more(entry.target); } });
    }, { rootMargin: "300px" });

    function observe() {
      const link = box.querySelector("[data-more]");
      if (link) { watch.observe(link); }
    }
    function append(html) {
      const part = document.createElement("div");
      part.innerHTML = html;
      const days = box.querySelectorAll(".crm-day");
      const last = days[days.length - 1];
      const first = part.querySelector(".crm-day");
      if (last && first && last.dataset.day === first.dataset.day) {
        last.querySelector("ol").append(...first.querySelectorAll("li"));
        first.remove();
      }
      box.append(...part.children);
    }
    function more(link) {
      if (link.dataset.loading) { return; }
      link.dataset.loading = "1";
      watch.unobserve(link);
      const turn = asked;
      get(link.href).then(function (html) {
        if (turn !== asked) { return; }
        link.closest(".crm-timeline-end").remove();
        append(html);
        observe();
      }).catch(function () { delete link.dataset.loading; link.textContent = "This did not load. Try again"; });
    }
    function filter() {
      asked += 1;
      const turn = asked;
      const query = new URLSearchParams(Array.from(new FormData(form)).filter(function (pair) { return pair[1]; })).toString();
      box.setAttribute("aria-busy", "true");
      get(form.dataset.fragment + (query ? "?" + query : "")).then(function (html) {
        if (turn !== asked) { return; }
        box.innerHTML = html;
        box.removeAttribute("aria-busy");
        window.history.replaceState(null, "", window.location.pathname + (query ? "?" + query : ""));
        form.querySelector("[data-reset]").hidden = !query;
        observe();
      }).catch(function () { box.removeAttribute("aria-busy"); form.submit(); });
    }

    box.addEventListener("click", function (event) {
      const link = event.target.closest("[data-more]");
      if (link) { event.preventDefault(); more(link); }
      if (event.target.closest("[data-reset-link]")) { event.preventDefault(); clear(); }
    });
    function clear() {
      form.querySelectorAll("input[type=checkbox]").forEach(function (each) { each.checked = false; });
      form.querySelectorAll("input[type=date], select").forEach(function (each) { each.value = ""; });
      filter();
    }
    form.addEventListener("change", filter);
    form.addEventListener("submit", function (event) { event.preventDefault(); filter(); });
    form.querySelector("[data-reset]").addEventListener("click", function (event) { event.preventDefault(); clear(); });
    observe();
    return filter;
  }

  /* What is being written survives leaving the page; it lies in this browser only. */
  function keepDraft(box) {
    const form = box.querySelector("[data-draft]"), field = form && form.querySelector("textarea");
    if (!field) { return; }
    const told = form.querySelector("[data-draft-kept]");
    try {
      const kept = window.localStorage.getItem(form.dataset.draft);
      if (kept && !field.value) { field.value = kept; told.hidden = false; }
    } catch (error) { return; }
    field.addEventListener("input", function () {
      if (field.value) { window.localStorage.setItem(form.dataset.draft, field.value); } else { window.localStorage.removeItem(form.dataset.draft); }
      told.hidden = !field.value;
    });
    field.addEventListener("keydown", function (event) { if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) { form.requestSubmit(); } });
  }

  function startNotes(box, refresh) {
    keepDraft(box);
    box.addEventListener("submit", function (event) {
      const form = event.target.closest("[data-note-form]");
      if (!form) { return; }
      event.preventDefault();
      const button = form.querySelector("button");
      button.disabled = true;
      fetch(form.action, { method: "POST", body: new FormData(form), headers: { "X-Requested-With": "fetch" } })
        .then(function (answer) {
          if (!answer.ok && answer.status !== 422) { throw new Error(String(answer.status)); }
          return answer.text().then(function (html) {
            if (answer.ok && form.dataset.draft) { window.localStorage.removeItem(form.dataset.draft); }
            box.innerHTML = html;
            keepDraft(box);
            const field = box.querySelector("textarea");
            if (field) { field.focus(); }
            if (answer.ok && refresh) { refresh(); }
          });
        })
        .catch(function () { button.disabled = false; form.submit(); });
    });
  }

  document.addEventListener("DOMContentLoaded", function () {
    const timeline = document.querySelector("[data-timeline]");
    const refresh = timeline ? startTimeline(timeline) : null;
    const notes = document.querySelector("[data-notes]");
    if (notes) { startNotes(notes, refresh); }
  });
})();
