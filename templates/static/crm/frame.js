/* What every page needs: the club switcher, rows that are links, copying, ticking all, tips that Escape closes. */
(function () {
  "use strict";

  document.addEventListener("change", function (event) {
    const form = event.target.closest("form[data-submit-on-change]");
    if (form) { form.submit(); }
    if (event.target.matches("[data-tick-all]")) {
      document.querySelectorAll(event.target.dataset.tickAll).forEach(function (box) { box.checked = event.target.checked; });
    }
  });

  document.addEventListener("click", function (event) {
    const row = event.target.closest("tr[data-href]");
    if (row && !event.target.closest("a, button, input, label, select") && !String(window.getSelection())) {
      window.location.href = row.dataset.href;
    }
    const copy = event.target.closest("[data-copy]");
    if (copy) {
      const field = document.querySelector(copy.dataset.copy);
      field.select();
      navigator.clipboard.writeText(field.value).then(function () { copy.textContent = "Copied"; }, function () {});
    }
  });

  /* A field that is filled in for each person is put where the writer was, else into the form's text. */
  let written = null;
  document.addEventListener("focusin", function (event) {
    if (event.target.matches("textarea, input.crm-input:not([type=hidden])")) { written = event.target; }
  });
  document.addEventListener("click", function (event) {
    const chosen = event.target.closest("[data-insert]");
    const form = chosen && chosen.closest("form");
    const field = written && form && form.contains(written) ? written : form && form.querySelector("textarea");
    if (!field) { return; }
    field.setRangeText(chosen.dataset.insert, field.selectionStart, field.selectionEnd, "end");
    field.focus(); field.dispatchEvent(new Event("input", { bubbles: true }));
  });

  document.addEventListener("keydown", function (event) {
    if (event.key !== "Escape" || !window.Alpine) { return; }
    const frame = window.Alpine.$data(document.body);
    if (frame && frame.sidebarMobileOpen) { frame.sidebarMobileOpen = false; const button = document.querySelector(".crm-menu-phone"); if (button) { button.focus(); } }
  });

  /* On a phone filters take the whole screen: they start folded. */
  document.addEventListener("DOMContentLoaded", function () {
    if (window.matchMedia("(max-width: 760px)").matches) {
      document.querySelectorAll("details[data-folds]").forEach(function (each) { each.open = false; });
    }
  });

  /* The stock script, which starts after this, looks for a text beside every file to write its name there; ours have none. */
  document.addEventListener("DOMContentLoaded", function () {
    document.querySelectorAll("input.crm-input[type=file]").forEach(function (input) { input.hasChangeListener = true; });
  });

  /* Tabs: without a script all stand below each other. Arrow keys go from one to the next. */
  document.addEventListener("DOMContentLoaded", function () {
    document.querySelectorAll("[data-tabs]").forEach(function (box) {
      const tabs = Array.from(box.querySelectorAll("[data-tab]"));
      function choose(chosen) {
        tabs.forEach(function (tab) {
          const isChosen = tab === chosen;
          tab.setAttribute("aria-selected", String(isChosen));
          tab.tabIndex = isChosen ? 0 : -1;
          document.getElementById(tab.getAttribute("aria-controls")).hidden = !isChosen;
        });
      }
      tabs.forEach(function (tab, place) {
        tab.addEventListener("click", function () { choose(tab); });
        tab.addEventListener("keydown", function (event) {
          const step = { ArrowRight: 1, ArrowLeft: -1, Home: -place, End: tabs.length - 1 - place }[event.key];
          if (step === undefined) { return; }
          event.preventDefault();
          const next = tabs[(place + step + tabs.length) % tabs.length];
          choose(next);
          next.focus();
        });
      });
      box.classList.add("crm-tabs-on");
      /* The tab that holds what the address points to. */
      function follow() {
        const target = window.location.hash.length > 1 ? document.getElementById(window.location.hash.slice(1)) : null;
        const tab = target && tabs.find(function (each) { return document.getElementById(each.getAttribute("aria-controls")).contains(target); });
        if (tab) { choose(tab); target.scrollIntoView({ block: "nearest" }); if (target.matches("input, textarea")) { target.focus(); } }
        return Boolean(tab);
      }
      window.addEventListener("hashchange", follow);
      if (!follow()) { choose(tabs[0]); }
    });
  });

  /* The sidebar's icons are letters to a screen reader, and its close sign and user menu are no buttons: make them so. */
  document.addEventListener("DOMContentLoaded", function () {
    document.querySelectorAll("#nav-sidebar a.active").forEach(function (entry) { entry.setAttribute("aria-current", "page"); });
    document.querySelectorAll("#nav-sidebar .material-symbols-outlined").forEach(function (icon) {
      if (!icon.hasAttribute("x-on:click")) { icon.setAttribute("aria-hidden", "true"); }
    });
    document.querySelectorAll("#nav-sidebar span[x-on\\:click], #nav-sidebar div[x-on\\:click]").forEach(function (part) {
      part.setAttribute("role", "button");
      part.setAttribute("tabindex", "0");
      if (part.matches("span")) { part.setAttribute("aria-label", "Close the menu"); }
      part.addEventListener("keydown", function (event) {
        if (event.key === "Enter" || event.key === " ") { event.preventDefault(); part.click(); }
      });
    });
  });

  document.addEventListener("keydown", function (event) {
    if (event.key === "Escape" && document.activeElement && document.activeElement.closest(".crm-tip")) {
      document.activeElement.blur();
    }
  });
})();
