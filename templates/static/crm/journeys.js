// The builder by mouse and keyboard; every act is a form that the server answers with the new tree.
"use strict";
document.addEventListener("DOMContentLoaded", () => {
  const builder = document.querySelector(".jy-builder");
  if (!builder || !window.htmx) return;
  const panelUrl = builder.dataset.panelUrl, folds = `journey-folds-${builder.dataset.journey}`;
  const $ = (selector) => builder.querySelector(selector);
  const all = (selector) => [...builder.querySelectorAll(selector)];
  const seen = (element) => element.checkVisibility();
  const steps = () => all(".jy-step").filter(seen);
  let chosen = "", wanted = "";

  const mark = () => {
    const [kind, name] = [chosen.split("=")[0], chosen.slice(chosen.indexOf("=") + 1)];
    for (const step of all(".jy-step")) step.setAttribute("aria-current", String(kind === "step" && step.dataset.step === name));
    for (const one of all(".jy-trigger")) one.setAttribute("aria-current", String(kind === "number" && one.dataset.trigger === name));
  };
  const open = (query, focus = "panel") => {
    wanted = focus;
    window.htmx.ajax("GET", `${panelUrl}?${query}`, { source: "#jy-panel", target: "#jy-panel" });
  };
  const act = (values) => {
    const token = $("[name=csrfmiddlewaretoken]").value;
    window.htmx.ajax("POST", $("#jy-acts").action, {
      source: $("#jy-tree"), target: "#jy-tree", values: { ...values, chosen, csrfmiddlewaretoken: token },
    });
  };
  const goTo = (name) => {
    const step = document.getElementById(`step-${name}`);
    if (!step) return;
    for (let fold = step.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
    remember();
    step.focus();
  };
  const current = () => {
    const name = chosen.startsWith("step=") ? `step-${chosen.slice(5)}` : chosen.startsWith("number=") ? `trigger-${chosen.slice(7)}` : "";
    return (name && document.getElementById(name)) || steps()[0] || $(".jy-plus");
  };
  const close = () => {
    const back = current();
    chosen = "";
    mark();
    window.htmx.trigger($("#jy-panel"), "htmx:abort");
    $("#jy-panel").replaceChildren($("#jy-help").content.cloneNode(true));
    back?.focus();
  };

  // Which ways are folded is the reader's matter: it stays in this tab.
  const closed = () => new Set(JSON.parse(sessionStorage.getItem(folds) || "[]"));
  const refold = () => {
    const names = closed();
    for (const fold of all("details[data-fold]")) if (names.has(fold.dataset.fold)) fold.open = false;
    const button = $("[data-fold-all]");
    if (button) button.textContent = all(".jy-way > details[open]").length ? "Fold all" : "Unfold all";
  };
  const remember = () => {
    // A new tree tells of its open ways as if somebody had opened them: only what somebody did counts.
    const names = all("details[data-fold]:not([open])").map((fold) => fold.dataset.fold);
    sessionStorage.setItem(folds, JSON.stringify(names));
    refold();
  };

  builder.addEventListener("click", (event) => {
    const step = event.target.closest(".jy-step"), opener = event.target.closest("[data-panel]"), sign = event.target.closest("[data-goto]");
    if (step) open(`step=${encodeURIComponent(step.dataset.step)}`);
    else if (opener) open(opener.dataset.panel);
    else if (sign) { event.preventDefault(); goTo(sign.dataset.goto); }
    else if (event.target.closest("[data-close]")) close();
    else if (event.target.closest("[data-fold-all]")) {
      const ways = all(".jy-way > details"), opens = !ways.some((one) => one.open);
      for (const way of ways) way.open = opens;
      remember();
    } else if (event.target.closest("summary")?.parentElement.dataset.fold) setTimeout(remember);
    else if (event.target.closest("[aria-disabled=true]")) event.preventDefault();
  });
  for (const [name, on] of [["pointerover", true], ["pointerout", false], ["focusin", true], ["focusout", false]]) {
    builder.addEventListener(name, (event) => {
      const sign = event.target.closest("[data-goto]");
      if (sign) document.getElementById(`step-${sign.dataset.goto}`)?.classList.toggle("jy-aimed", on);
    });
  }
  builder.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && event.target.closest("#jy-panel") && chosen) { current()?.focus(); if (getComputedStyle($("#jy-panel")).position === "fixed") close(); return; }
    const here = event.target.closest(".jy-step");
    if (!here || event.ctrlKey || event.metaKey) return;
    const among = steps(), place = among.indexOf(here), step = here.dataset.step, key = event.key.toLowerCase();
    if (event.altKey && (key === "arrowup" || key === "arrowdown")) act({ act: key === "arrowup" ? "up" : "down", step });
    else if (event.altKey) return;
    else if (key === "arrowdown" || key === "arrowright") (among[place + 1] || among[0]).focus();
    else if (key === "arrowup" || key === "arrowleft") (among[place - 1] || among[among.length - 1]).focus();
    else if (key === "home") among[0].focus();
    else if (key === "end") among[among.length - 1].focus();
    else if (key === "a") {
      const item = here.closest(".jy-item");
      const plus = item.querySelector(".jy-plus") || item.nextElementSibling?.querySelector(".jy-plus");
      if (plus) open(plus.dataset.panel);
    } else if (key === "c") open(`step=${encodeURIComponent(step)}`, "elsewhere");
    else if (key === "delete" || key === "backspace") act({ act: "delete", step });
    else return;
    event.preventDefault();
  });
  document.addEventListener("keydown", (event) => {
    if (!(event.ctrlKey || event.metaKey) || event.altKey || event.target.closest("input, textarea, select")) return;
    const key = event.key.toLowerCase(), name = key === "y" || (key === "z" && event.shiftKey) ? "redo" : key === "z" ? "undo" : "";
    if (!name) return;
    event.preventDefault();
    act({ act: name });
  });

  document.body.addEventListener("htmx:configRequest", (event) => {
    if (builder.contains(event.detail.elt)) event.detail.parameters.chosen = chosen;
  });
  let before = "";
  document.body.addEventListener("htmx:beforeSwap", () => { before = document.activeElement?.id || ""; });
  document.body.addEventListener("htmx:afterSettle", (event) => {
    const target = event.detail.target || event.target;
    if (target.id === "jy-panel") {
      chosen = target.querySelector("[data-chosen]")?.dataset.chosen || "";
      mark();
      target.scrollTop = 0;
      const inside = (selector) => target.querySelector(selector);
      if (wanted === "panel") (inside("form input:not([type=hidden]), form select, form textarea, form button") || inside("button"))?.focus({ preventScroll: true });
      if (wanted === "elsewhere" && inside("#jy-elsewhere")) { inside("#jy-elsewhere").parentElement.open = true; inside("#jy-place").focus(); }
      wanted = "";
    } else if (target.id === "jy-tree") {
      chosen = $("#jy-panel [data-chosen]")?.dataset.chosen || "";
      mark();
      refold();
      const focus = $("#jy-state").dataset.focus;
      if (focus === "panel") { $("#jy-panel").scrollTop = 0; $("#jy-panel form input:not([type=hidden]), #jy-panel form select, #jy-panel form textarea")?.focus(); }
      else (document.getElementById(focus) || document.getElementById(before) || current())?.focus();
    }
  });
  refold();
});
