// The builder by mouse and keyboard; every act is a form that the server answers.
"use strict";
document.addEventListener("DOMContentLoaded", () => {
  const builder = document.querySelector(".jy-builder");
  if (!builder || !window.htmx) return;
  const panel = builder.dataset.panel;
  const steps = () => [...builder.querySelectorAll(".jy-step")].filter((step) => step.offsetParent);
  const open = (query) => window.htmx.ajax("GET", `${panel}?${query}`, "#jy-panel");
  const choose = (step) => {
    for (const other of steps()) other.setAttribute("aria-current", String(other === step));
    open(`step=${encodeURIComponent(step.dataset.step)}`);
  };
  const act = (values) => {
    const token = builder.querySelector("[name=csrfmiddlewaretoken]").value;
    window.htmx.ajax("POST", builder.querySelector("#jy-acts").action, {
      target: "#jy-tree", values: { ...values, csrfmiddlewaretoken: token },
    });
  };
  builder.addEventListener("click", (event) => {
    const step = event.target.closest(".jy-step");
    if (step) choose(step);
  });
  builder.addEventListener("keydown", (event) => {
    if (event.target.closest("input, textarea, select, button, a, summary")) return;
    const all = steps(), here = event.target.closest(".jy-step"), place = all.indexOf(here);
    if (event.altKey && here && (event.key === "ArrowUp" || event.key === "ArrowDown")) {
      act({ act: event.key === "ArrowUp" ? "up" : "down", step: here.dataset.step });
    } else if (event.key === "ArrowDown" || event.key === "ArrowRight") {
      (all[place + 1] || all[0])?.focus();
    } else if (event.key === "ArrowUp" || event.key === "ArrowLeft") {
      (all[place - 1] || all[all.length - 1])?.focus();
    } else if (event.key === "Enter" && here) {
      choose(here);
    } else if (event.key.toLowerCase() === "a" && !event.ctrlKey && !event.metaKey) {
      const item = here ? here.closest(".jy-item") : builder.querySelector(".jy-tree");
      const plus = item.querySelector(".jy-plus") || item.nextElementSibling?.querySelector(".jy-plus");
      if (plus) plus.click();
    } else if (event.key === "Delete" && here) {
      act({ act: "delete", step: here.dataset.step });
    } else return;
    event.preventDefault();
  });
  document.addEventListener("keydown", (event) => {
    if (!(event.ctrlKey || event.metaKey) || event.target.closest("input, textarea")) return;
    const name = event.key === "y" || (event.key === "Z" && event.shiftKey) ? "redo" : event.key === "z" ? "undo" : "";
    if (!name) return;
    event.preventDefault();
    act({ act: name });
  });
  document.body.addEventListener("htmx:afterSwap", (event) => {
    if (event.target.id === "jy-panel") {
      event.target.querySelector("input:not([type=hidden]), select, textarea, button")?.focus();
    } else if (event.target.id === "jy-tree") {
      const chosen = builder.querySelector('.jy-step[aria-current="true"]');
      if (chosen) { chosen.focus(); open(`step=${encodeURIComponent(chosen.dataset.step)}`); }
    }
  });
});
