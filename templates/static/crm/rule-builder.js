/* The rule builder: a tree of conditions with the keyboard, a mouse or a finger. The server says what a rule means. */
(function () {
  "use strict";

  const COMBINED = [["AND", false, "all of these"], ["OR", false, "any of these"], ["OR", true, "none of these"], ["AND", true, "not all of these"]];
  const TESTS = [["count:gte", "at least … times"], ["count:lte", "at most … times"], ["count:eq", "exactly … times"], ["never", "never"], ["sum:gte", "for at least … in total"], ["sum:lte", "for at most … in total"], ["last:beforeDaysAgo", "last more than … days ago"], ["last:inLastDays", "last within … days"], ["first:inLastDays", "for the first time within … days"]];
  let numbers = 0;

  function make(tag, attributes, children) {
    const element = document.createElement(tag);
    Object.entries(attributes || {}).forEach(function (pair) {
      if (pair[0] === "text") { element.textContent = pair[1]; } else if (pair[0] === "value") { element.value = pair[1]; } else if (pair[1] !== false && pair[1] !== undefined) { element.setAttribute(pair[0], pair[1] === true ? "" : pair[1]); }
    });
    (children || []).forEach(function (child) { if (child) { element.append(child); } });
    return element;
  }

  function select(options, chosen, label, changed, className) {
    const element = make("select", { "class": "crm-select " + (className || ""), "aria-label": label });
    options.forEach(function (each) { element.append(make("option", { value: each[0], text: each[1], selected: String(each[0]) === String(chosen) })); });
    element.addEventListener("change", function () { changed(element.value); });
    return element;
  }

  function tool(icon, label, act, disabled) {
    const button = make("button", { type: "button", "class": "rb-tool", "aria-label": label, title: label, disabled: disabled }, [make("span", { "class": "material-symbols-outlined", "aria-hidden": "true", text: icon })]);
    button.addEventListener("click", act);
    return button;
  }

  function Builder(root) {
    const json = root.querySelector("[data-rb-json]");
    const place = root.querySelector("[data-rb-tree]");
    let known = null, tree = null, dragged = null, timer = 0, slow = 0, asked = 0, isForeign = false;

    function read() {
      try { tree = JSON.parse(json.value || "{}"); } catch (error) { return false; }
      if (!tree || typeof tree !== "object") { return false; }
      if (!Array.isArray(tree.rules)) { tree = { combinator: "AND", not: false, rules: Object.keys(tree).length ? [tree] : [] }; }
      return true;
    }

    function isDrawable(node) { return Boolean(node) && typeof node === "object" && (!Array.isArray(node.rules) || node.rules.every(isDrawable)); }

    function field(name) { return known.fields.find(function (each) { return each.name === name; }); }

    // Letters and digits only, so that "email" finds "E-mail".
    function plain(text) { return text.toLowerCase().replace(/[^\p{L}\p{N}]/gu, ""); }

    function fieldCalled(text) {
      const wanted = plain(text), all = known.fields;
      function by(fits) { return all.find(function (each) { return fits(plain(each.label), plain(each.name), plain(each.group)); }); }
      return wanted ? by(function (label, name) { return label === wanted || name === wanted; }) || by(function (label) { return label.includes(wanted); }) || by(function (label, name) { return name.includes(wanted); }) || by(function (label, name, group) { return group.includes(wanted); }) : undefined;
    }

    function changed(structure, focus) {
      isForeign = false;
      json.value = JSON.stringify(tree, null, 2);
      if (structure) { draw(focus); }
      window.clearTimeout(timer);
      window.clearTimeout(slow);
      timer = window.setTimeout(count, 150);
      slow = window.setTimeout(people, 900);
    }

    function draw(focus) {
      place.replaceChildren(drawGroup(tree, null, 0, "rules"));
      if (focus) {
        const node = place.querySelector('[data-node="' + focus.key + '"]'), wanted = node && node.querySelector(focus.what || "input, select, button");
        if (wanted) { wanted.focus(); }
      }
    }

    function key(node) {
      if (!node._key) { numbers += 1; Object.defineProperty(node, "_key", { value: "n" + numbers, enumerable: false }); }
      return node._key;
    }

    function tools(node, parent, index) {
      if (!parent) { return null; }
      function move(by) { parent.rules.splice(index, 1); parent.rules.splice(index + by, 0, node); changed(true, { key: key(node), what: "[data-move='" + by + "']" }); }
      const up = tool("arrow_upward", "Move up", function () { move(-1); }, index === 0);
      const down = tool("arrow_downward", "Move down", function () { move(1); }, index === parent.rules.length - 1);
      up.dataset.move = "-1"; down.dataset.move = "1";
      return make("span", { "class": "rb-tools" }, [up, down, tool("close", "Take away", function () { parent.rules.splice(index, 1); changed(true, { key: key(parent), what: "[data-add]" }); })]);
    }

    function draggable(element, node, parent, index) {
      if (!parent) { return element; }
      const grip = make("span", { "class": "material-symbols-outlined rb-grip", draggable: "true", "aria-hidden": "true", text: "drag_indicator" });
      grip.addEventListener("dragstart", function (event) { dragged = { node: node, parent: parent }; element.classList.add("rb-dragged"); event.dataTransfer.effectAllowed = "move"; event.dataTransfer.setData("text/plain", ""); });
      grip.addEventListener("dragend", function () { element.classList.remove("rb-dragged"); dragged = null; });
      element.addEventListener("dragover", function (event) { if (dragged && dragged.node !== node && !holds(dragged.node, parent)) { event.preventDefault(); event.stopPropagation(); element.classList.add("rb-over"); } });
      element.addEventListener("dragleave", function () { element.classList.remove("rb-over"); });
      element.addEventListener("drop", function (event) {
        if (!dragged || holds(dragged.node, parent)) { return; }
        event.preventDefault(); event.stopPropagation();
        dragged.parent.rules.splice(dragged.parent.rules.indexOf(dragged.node), 1);
        parent.rules.splice(parent.rules.indexOf(node), 0, dragged.node);
        changed(true, { key: key(dragged.node) });
      });
      (element.querySelector(".rb-head") || element).prepend(grip);
      return element;
    }

    function takesAtItsEnd(place, group) {
      place.addEventListener("dragover", function (event) { if (dragged && !holds(dragged.node, group)) { event.preventDefault(); event.stopPropagation(); place.classList.add("rb-over"); } });
      place.addEventListener("dragleave", function () { place.classList.remove("rb-over"); });
      place.addEventListener("drop", function (event) {
        if (!dragged || holds(dragged.node, group)) { return; }
        event.preventDefault(); event.stopPropagation();
        dragged.parent.rules.splice(dragged.parent.rules.indexOf(dragged.node), 1);
        group.rules.push(dragged.node);
        changed(true, { key: key(dragged.node) });
      });
    }

    function holds(node, other) { return node === other || (node.rules || []).some(function (each) { return holds(each, other); }); }

    function drawGroup(group, parent, index, path) {
      const at = COMBINED.findIndex(function (each) { return each[0] === String(group.combinator).toUpperCase() && each[1] === Boolean(group.not); });
      const head = make("div", { "class": "rb-head" }, [
        make("span", { text: parent ? "Who fits" : "Customers who fit" }),
        select(COMBINED.map(function (each, number) { return [number, each[2]]; }), Math.max(at, 0), "How the conditions combine", function (value) { group.combinator = COMBINED[value][0]; group.not = COMBINED[value][1]; changed(false); }),
        tools(group, parent, index),
      ]);
      function add(node) { group.rules.push(node); changed(true, { key: key(node) }); }
      function button(label, icon, node) { const each = make("button", { type: "button", "class": "crm-button crm-button-quiet", "data-add": true }, [make("span", { "class": "material-symbols-outlined", "aria-hidden": "true", text: icon }), make("span", { text: label })]); each.addEventListener("click", function () { add(node()); }); return each; }
      const adding = make("div", { "class": "rb-add" }, [
        button("Condition", "add", function () { return fresh("membershipTier"); }),
        button("What they did", "history", function () { return { event: { types: ["TEETIME_BOOKED"], count: { op: "gte", value: 1 }, inLastDays: 90 } }; }),
        known.segments.length ? button("Segment", "group_work", function () { return { segment: known.segments[0].name, operator: "in" }; }) : null,
        button("Group", "account_tree", function () { return { combinator: "OR", not: false, rules: [] }; }),
      ]);
      const element = make("div", { "class": "rb-group", "data-node": key(group), "data-path": path.replace(/\.?rules$/, ""), role: "group", "aria-label": "Group of conditions" }, [head]);
      group.rules.forEach(function (rule, number) { element.append(drawNode(rule, group, number, path + "[" + number + "]")); });
      takesAtItsEnd(adding, group);
      element.append(adding);
      return draggable(element, group, parent, index);
    }

    function drawNode(node, parent, index, path) {
      if (node.rules) { return drawGroup(node, parent, index, path + ".rules"); }
      const element = make("div", { "class": "rb-leaf", "data-node": key(node), "data-path": path, role: "group", "aria-label": "Condition" });
      if (node.event) { drawEvent(element, node); } else if (node.segment) { drawSegment(element, node); } else { drawField(element, node); }
      element.append(tools(node, parent, index));
      return draggable(element, node, parent, index);
    }

    function fresh(name) {
      const chosen = field(name), operator = chosen.operators[0], node = { field: name, operator: operator.name };
      const value = start(chosen, operator);
      if (value !== undefined) { node.value = value; }
      return node;
    }

    function start(chosen, operator) {
      if (operator.arity === "none") { return undefined; }
      if (operator.arity === "days") { return 30; }
      if (chosen.kind === "flag") { return operator.arity === "list" ? [true] : true; }
      const first = chosen.values.length ? chosen.values[0].name : chosen.inputType === "number" ? 0 : chosen.inputType === "date" ? new Date().toISOString().slice(0, 10) : "";
      return operator.arity === "list" ? (chosen.values.length ? [first] : []) : operator.arity === "pair" ? [first, first] : first;
    }

    function drawField(element, node) {
      const chosen = field(node.field);
      const options = "rb-fields";
      if (!document.getElementById(options)) {
        document.body.append(make("datalist", { id: options }, known.fields.map(function (each) { return make("option", { value: each.label }, [document.createTextNode(each.group)]); })));
      }
      const name = make("input", { "class": "crm-input rb-field", list: options, "aria-label": "Field, search by name", value: chosen ? chosen.label : node.field, autocomplete: "off" });
      name.addEventListener("focus", function () { name.select(); });
      name.addEventListener("input", function () { name.setCustomValidity(""); });
      // A name that no field bears does not stay beside the condition of another.
      name.addEventListener("blur", function () { if (!name.checkValidity()) { name.setCustomValidity(""); name.value = chosen ? chosen.label : ""; } });
      name.addEventListener("change", function () {
        const found = fieldCalled(name.value);
        if (!found) {
          name.setCustomValidity("No field is called “" + name.value + "”. Type a part of its name, such as handicap, booking or birthday.");
          name.reportValidity();
          return;
        }
        const made = fresh(found.name);
        delete node.value;
        Object.assign(node, made);
        changed(true, { key: key(node), what: ".rb-operator" });
      });
      element.append(name);
      if (!chosen) { return; }
      const operator = chosen.operators.find(function (each) { return each.name === node.operator; }) || chosen.operators[0];
      element.append(select(chosen.operators.map(function (each) { return [each.name, each.label]; }), operator.name, "Comparison", function (value) {
        const next = chosen.operators.find(function (each) { return each.name === value; });
        if (next.arity !== operator.arity) { const given = start(chosen, next); delete node.value; if (given !== undefined) { node.value = given; } }
        node.operator = value;
        changed(true, { key: key(node), what: ".rb-operator" });
      }, "rb-operator"));
      drawValue(element, node, chosen, operator);
    }

    function drawValue(element, node, chosen, operator) {
      if (operator.arity === "none") { return; }
      if (operator.arity === "days") { element.append(number(node.value, "Days", function (value) { node.value = value; changed(false); }), make("span", { text: "days" })); return; }
      if (operator.arity === "list") { element.append(chips(node, chosen)); return; }
      if (operator.arity === "pair") {
        [0, 1].forEach(function (place) { if (place) { element.append(make("span", { text: "and" })); } element.append(one(chosen, node.value[place], function (value) { node.value[place] = value; changed(false); })); });
        return;
      }
      element.append(one(chosen, node.value, function (value) { node.value = value; changed(false); }));
    }

    function number(value, label, set, scale) {
      const input = make("input", { "class": "crm-input rb-number", type: "number", step: "any", inputmode: "decimal", "aria-label": label, value: value === undefined ? "" : value / (scale || 1) });
      input.addEventListener("input", function () { if (input.value !== "") { set(Math.round(Number(input.value) * (scale || 1) * 1000) / 1000); } });
      return input;
    }

    function one(chosen, value, set) {
      if (chosen.kind === "flag") { return select([["true", "yes"], ["false", "no"]], String(value), "Value", function (text) { set(text === "true"); }, "rb-value"); }
      if (chosen.valueEditorType === "select") { return select(chosen.values.map(function (each) { return [each.name, each.label]; }), value, "Value", set, "rb-value"); }
      if (chosen.inputType === "number") { return number(value, "Value", set, chosen.unit === "cents" ? known.moneyParts : 1); }
      const input = make("input", { "class": "crm-input rb-value", type: chosen.inputType, "aria-label": "Value", value: value === undefined ? "" : value, list: suggest(chosen), autocomplete: "off" });
      input.addEventListener("input", function () { set(input.value); });
      return input;
    }

    function suggest(chosen) {
      if (!chosen.values.length) { return undefined; }
      const id = "rb-values-" + chosen.name;
      if (!document.getElementById(id)) { document.body.append(make("datalist", { id: id }, chosen.values.map(function (each) { return make("option", { value: each.name }); }))); }
      return id;
    }

    function chips(node, chosen) {
      const values = Array.isArray(node.value) ? node.value : (node.value = node.value === undefined ? [] : [node.value]);
      const box = make("span", { "class": "rb-chips" });
      values.forEach(function (value, index) {
        const label = (chosen.values.find(function (each) { return each.name === value; }) || { label: String(value) }).label;
        const remove = make("button", { type: "button", "aria-label": "Take away " + label, text: "×" });
        remove.addEventListener("click", function () { values.splice(index, 1); changed(true, { key: key(node), what: ".rb-chips input, .rb-chips select" }); });
        box.append(make("span", { "class": "rb-chip" }, [make("span", { text: label }), remove]));
      });
      function add(value) { if (value !== "" && !values.includes(value)) { values.push(value); changed(true, { key: key(node), what: ".rb-chips input, .rb-chips select" }); } }
      if (chosen.valueEditorType === "select") {
        box.append(select([["", "add …"]].concat(chosen.values.map(function (each) { return [each.name, each.label]; })), "", "Add a value", add));
      } else {
        const input = make("input", { "class": "crm-input rb-value", type: chosen.inputType, list: suggest(chosen), placeholder: "add …", "aria-label": "Add a value, then Enter", autocomplete: "off" });
        function take() { add(chosen.inputType === "number" && input.value !== "" ? Number(input.value) : input.value.trim()); }
        input.addEventListener("keydown", function (event) { if (event.key === "Enter") { event.preventDefault(); take(); } });
        input.addEventListener("change", take);
        box.append(input);
      }
      return box;
    }

    function drawSegment(element, node) {
      element.append(
        select([["in", "is in the segment"], ["notIn", "is not in the segment"]], node.operator, "In or not in", function (value) { node.operator = value; changed(false); }),
        select(known.segments.map(function (each) { return [each.name, each.label]; }), node.segment, "Segment", function (value) { node.segment = value; changed(false); }, "rb-field"));
    }

    function drawEvent(element, node) {
      const event = node.event, types = Array.isArray(event.types) ? event.types : [event.types];
      let test = "count:gte";
      if (event.never) { test = "never"; }
      ["count", "sum", "last", "first"].forEach(function (name) { if (event[name]) { test = name + ":" + (event[name].op || event[name].operator); } });
      const known_tests = TESTS.some(function (each) { return each[0] === test; }) ? TESTS : TESTS.concat([[test, test]]);
      const labels = Object.fromEntries(known.eventTypes.map(function (each) { return [each.name, each.label]; }));
      function label(name) { return labels[name] || name.replace(/_/g, " ").toLowerCase(); }
      const offered = known.eventTypes.map(function (each) { return each.name; }).concat(types.filter(function (each) { return !labels[each]; }));
      element.append(select(offered.map(function (each) { return [each, label(each)]; }), types[0], "What they did", function (value) { event.types = [value].concat(types.slice(1).filter(function (each) { return each !== value; })); changed(true, { key: key(node) }); }, "rb-field"));
      types.slice(1).forEach(function (each) {
        const remove = make("button", { type: "button", "aria-label": "Take away " + label(each), text: "×" });
        remove.addEventListener("click", function () { event.types = types.filter(function (other) { return other !== each; }); changed(true, { key: key(node) }); });
        element.append(make("span", { "class": "rb-chip" }, [make("span", { text: "or " + label(each) }), remove]));
      });
      element.append(select([["", "or …"]].concat(offered.filter(function (each) { return !types.includes(each); }).map(function (each) { return [each, label(each)]; })), "", "Or something else they did", function (value) { event.types = types.concat([value]); changed(true, { key: key(node), what: ".rb-or" }); }, "rb-or"));
      element.append(select(known_tests, test, "How often", function (value) {
        const parts = value.split(":"), before = (event.count || event.sum || event.last || event.first || {}).value;
        ["count", "sum", "last", "first", "never"].forEach(function (name) { delete event[name]; });
        if (value === "never") { event.never = true; } else { event[parts[0]] = { op: parts[1], value: typeof before === "number" ? before : parts[0] === "count" ? 1 : parts[0] === "sum" ? 100 * known.moneyParts : 60 }; }
        if (parts[0] === "last" || parts[0] === "first") { delete event.inLastDays; delete event.beforeDaysAgo; }
        changed(true, { key: key(node), what: ".rb-test" });
      }, "rb-test"));
      ["count", "sum", "last", "first"].forEach(function (name) {
        if (event[name] && typeof event[name].value === "number") { element.append(number(event[name].value, "How many", function (value) { event[name].value = value; changed(false); }, name === "sum" ? known.moneyParts : 1)); }
      });
      if (!event.last && !event.first) {
        element.append(make("span", { text: "in the last" }));
        const days = number(event.inLastDays, "Days; empty: ever", function (value) { event.inLastDays = value; changed(false); });
        days.placeholder = "ever";
        days.addEventListener("input", function () { if (days.value === "") { delete event.inLastDays; changed(false); } });
        const except = number(event.beforeDaysAgo, "Except the last days; empty: none", function (value) { event.beforeDaysAgo = value; changed(false); });
        except.placeholder = "none";
        except.addEventListener("input", function () { if (except.value === "") { delete event.beforeDaysAgo; changed(false); } });
        element.append(days, make("span", { text: "days, except the last" }), except, make("span", { text: "days" }));
      }
    }

    function send(url) {
      const body = new FormData();
      body.append("criteria", json.value);
      body.append("csrfmiddlewaretoken", document.querySelector("[name=csrfmiddlewaretoken]").value);
      return fetch(url, { method: "POST", body: body, credentials: "same-origin" });
    }

    // The number of an earlier rule must not stand beside another one.
    function unknown() { root.querySelector("[data-rb-count]").replaceChildren(make("strong", { text: "–" })); }

    function failed(words) {
      const problems = root.querySelector("[data-rb-problems]");
      problems.textContent = words;
      problems.hidden = false;
      unknown();
    }

    function say(answer) {
      const problems = root.querySelector("[data-rb-problems]"), number = root.querySelector("[data-rb-count]");
      place.querySelectorAll(".rb-wrong").forEach(function (each) { each.classList.remove("rb-wrong"); });
      problems.hidden = !answer.problems;
      if (answer.problems) {
        unknown();
        problems.textContent = answer.problems.map(function (each) { return each.message; }).join(" ");
        answer.problems.forEach(function (each) {
          place.querySelectorAll("[data-path]").forEach(function (element) { if (element.dataset.path && each.path.startsWith(element.dataset.path + ".") && element.classList.contains("rb-leaf")) { element.classList.add("rb-wrong"); } });
        });
        return;
      }
      if (isForeign && answer.criteria) { adopt(answer.criteria); }
      root.querySelector("[data-rb-words]").textContent = answer.words;
      number.replaceChildren(make("strong", { text: (answer.isExact ? "" : "about ") + answer.countTold }), document.createTextNode(answer.isExact ? (answer.count === 1 ? " customer" : " customers") : " customers, give or take " + answer.errorTold));
    }

    // What somebody pasted, or an address brought, may say the same in other words: operators by signs, lists as text.
    function adopt(criteria) {
      isForeign = false;
      tree = criteria;
      json.value = JSON.stringify(tree, null, 2);
      draw();
    }

    function count() {
      const turn = asked += 1;
      send(root.dataset.count).then(function (answer) { return answer.json(); }).then(function (answer) { if (turn === asked) { say(answer); } }, function () {
        if (turn === asked) { failed("It could not be counted. Change something to try again; if that does not help, load the page anew."); }
      });
    }

    function people() {
      const turn = asked;
      send(root.dataset.people).then(function (answer) { return answer.ok && !answer.redirected ? answer.text() : ""; }).then(function (html) {
        if (turn !== asked || !html) { return; }
        const box = root.querySelector("[data-rb-people]");
        box.innerHTML = html;
        const exact = box.querySelector("[data-rb-exact]");
        if (exact) { say({ count: Number(exact.dataset.rbExact), countTold: exact.dataset.rbTold, isExact: true, words: root.querySelector("[data-rb-words]").textContent }); }
      }, function () {});
    }

    function show() {
      if (!read()) { failed("The JSON cannot be read: a comma, a quotation mark or a bracket is missing or too many."); return; }
      // AND and OR between the rules, as others write them, are drawn when the server has told them as groups.
      if (isDrawable(tree)) { draw(); } else { place.replaceChildren(); }
      isForeign = true;
      window.clearTimeout(timer);
      timer = window.setTimeout(count, 50);
      slow = window.setTimeout(people, 300);
    }

    function load() {
      place.replaceChildren(make("p", { "class": "crm-muted", role: "status", text: "Loading the fields …" }));
      fetch(root.dataset.fields, { credentials: "same-origin" }).then(function (answer) { return answer.json(); }).then(function (answer) {
        known = answer;
        place.replaceChildren();
        show();
      }, function () {
        const again = make("button", { type: "button", "class": "crm-button", text: "Try again" });
        again.addEventListener("click", load);
        place.replaceChildren(make("p", { role: "alert", text: "The fields could not be loaded." }), again);
      });
    }

    // Enter ends a value; it does not send the form around, which may be far from complete.
    place.addEventListener("keydown", function (event) {
      if (event.key !== "Enter" || event.defaultPrevented || event.target.tagName !== "INPUT") { return; }
      event.preventDefault();
      event.target.dispatchEvent(new Event("change", { bubbles: true }));
    });
    json.addEventListener("change", function () { if (known) { show(); } });
    load();
  }

  function start(part) { part.querySelectorAll("[data-rule-builder]:not([data-built])").forEach(function (root) { root.dataset.built = ""; new Builder(root); }); }
  document.addEventListener("DOMContentLoaded", function () {
    start(document);
    document.body.addEventListener("htmx:load", function (event) { if (event.target.querySelectorAll) { start(event.target.parentNode || document); } });
  });
})();
