"use strict";
// Everything shown was computed by the engine and stands in the story; the page only chooses what to show when.
// Texts from the user's program enter the page as text nodes alone.
(() => {
  const story = JSON.parse(document.getElementById("story").textContent);
  const $ = (id) => document.getElementById(id);
  const SVG = "http://www.w3.org/2000/svg", MATH = "http://www.w3.org/1998/Math/MathML";
  const WIDTH = 138, HEIGHT = 84;
  const { quantities, operations } = story;
  const isNaive = () => $("naive").checked;
  const forward = story.steps.filter((s) => s.kind === "forward");
  const engine = story.steps;
  const naive = [...forward, ...story.naive];
  const steps = () => (isNaive() ? naive : engine);
  const answered = new Set();
  let now = 0, timer = null;

  // Building blocks.

  function element(name, attributes = {}, ...children) {
    const svg = ["svg", "g", "rect", "circle", "path", "text", "defs", "marker", "title"].includes(name);
    const made = svg ? document.createElementNS(SVG, name) : document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) if (value !== null) made.setAttribute(key, value);
    made.append(...children.filter((child) => child !== null && child !== undefined));
    return made;
  }

  const number = (x) => (typeof x === "string" ? x : String(Number(x.toPrecision(6))).replace("-", "−"));
  const sum = (x) => (number(x).startsWith("−") ? `(${number(x)})` : number(x));
  const isScalar = (shown) => shown.shape.length === 0;
  const only = (shown) => shown.rows[0][0];
  const shape = (shown) => (isScalar(shown) ? "scalar" : shown.shape.join(" × "));
  const tuple = (sizes) => `(${sizes.join(", ")}${sizes.length === 1 ? "," : ""})`;
  const bar = (quantity) => `∂L/∂${quantity.name}`;

  function matrix(rows, label) {
    const body = rows.map((row) => element("tr", {}, ...row.map((x) => element("td", {}, number(x)))));
    return element("div", { class: "scroll" }, element("table", { class: "numbers", "aria-label": label }, element("tbody", {}, ...body)));
  }

  function array(shown, label, attributes = {}) {
    const box = element("div", attributes, matrix(shown.rows, label));
    if (!isScalar(shown)) box.append(element("p", { class: "note" }, `shape ${tuple(shown.shape)}, ${shown.dtype}${shown.note ? `; ${shown.note}` : ""}`));
    return box;
  }

  const ALLOWED = new Set(["math", "mrow", "mi", "mn", "mo", "mtext", "msup", "msub", "msubsup", "mfrac", "msqrt", "mroot", "mover", "munder", "munderover", "mspace", "mtable", "mtr", "mtd", "mstyle", "mfenced"]);
  function mathematics(text) {
    const parsed = new DOMParser().parseFromString(`<math xmlns="${MATH}">${text}</math>`, "application/xml");
    const copy = (node) => {
      if (node.nodeType === Node.TEXT_NODE) return document.createTextNode(node.data);
      if (node.nodeType !== Node.ELEMENT_NODE || !ALLOWED.has(node.localName)) return null;
      const made = document.createElementNS(MATH, node.localName);
      for (const key of ["stretchy", "accent", "mathvariant", "linethickness"]) if (node.hasAttribute(key)) made.setAttribute(key, node.getAttribute(key));
      made.append(...[...node.childNodes].map(copy).filter((each) => each !== null));
      return made;
    };
    return parsed.querySelector("parsererror") ? null : copy(parsed.documentElement);
  }

  const formula = (text, kind = "") => element("p", { class: `formula ${kind}` }, text);
  const heading = (text) => element("h3", {}, text);

  // What is known at a step.

  function state(at) {
    const known = new Set(quantities.filter((q) => q.operation === null).map((q) => q.id));
    const totals = new Map(), arrived = new Map(), senders = new Set(), sent = new Set();
    steps().slice(0, at + 1).forEach((s, i) => {
      if (s.kind === "forward") known.add(s.quantity);
      if (s.kind === "seed" || s.kind === "message") totals.set(s.quantity, i === at && hidden(at) ? null : s.total);
      if (s.kind === "message") {
        arrived.set(s.quantity, (arrived.get(s.quantity) || 0) + 1);
        senders.add(operations[s.operation].result);
        sent.add(`${s.operation}:${s.argument}`);
      }
    });
    return { known, totals, arrived, senders, sent };
  }

  const hidden = (at) => $("predict").checked && steps()[at].kind === "message" && !answered.has(`${isNaive()}:${at}`);

  // The graph.

  const cards = new Map(), edges = new Map();

  function drawGraph() {
    const graph = $("graph");
    graph.setAttribute("viewBox", `0 0 ${story.width} ${story.height}`);
    graph.style.maxWidth = `${story.width}px`;
    graph.style.minWidth = `${Math.round(0.8 * story.width)}px`;
    graph.append(element("defs", {}, element("marker", { id: "tip", viewBox: "0 0 10 10", refX: 8, refY: 5, markerWidth: 4.5, markerHeight: 4.5, orient: "auto-start-reverse" }, element("path", { d: "M0 0L10 5L0 10z" }))));
    let next = 0;
    for (const operation of operations) {
      operation.operands.forEach((operand, argument) => {
        const [from, to, through] = story.edges[next++];
        const line = element("path", { class: "edge", d: route(quantities[from], quantities[to], through, argument - (operation.operands.length - 1) / 2, isRound(operation) ? 13 : 0) });
        edges.set(`${operation.id}:${argument}`, line);
        graph.append(line);
      });
    }
    for (const quantity of quantities) {
      const card = element("g", { tabindex: 0, role: "button", transform: `translate(${quantity.x - WIDTH / 2} ${quantity.y - HEIGHT / 2})` });
      card.addEventListener("click", () => visit(quantity));
      card.addEventListener("keydown", (event) => { if (event.key === "Enter" || event.key === " ") { event.preventDefault(); event.stopPropagation(); visit(quantity); } });
      cards.set(quantity.id, card);
      graph.append(card);
    }
  }

  const isRound = (operation) => operation.symbol.length <= 2;

  function route(from, to, through, offset, room) {
    const points = [[from.x + WIDTH / 2, from.y], ...through, [to.x - WIDTH / 2 - room, to.y + 9 * offset]];
    let path = `M${points[0].join(" ")}`;
    for (let i = 1; i < points.length; i++) {
      const [x0, y0] = points[i - 1], [x1, y1] = points[i], bend = (x1 - x0) / 2;
      const lift = points.length === 2 ? 16 * offset : 0;
      path += `C${x0 + bend} ${y0 + lift} ${x1 - bend} ${y1 + lift} ${x1} ${y1}`;
    }
    return path;
  }

  function visit(quantity) {
    const about = steps().map((s, i) => (s.quantity === quantity.id ? i : -1)).filter((i) => i >= 0);
    if (about.length) go(about.find((i) => i > now) ?? about[0]);
  }

  function heatmap(shown, x, y) {
    const rows = shown.rows.slice(0, 8), most = Math.max(...rows.flat().map((v) => (typeof v === "string" ? 0 : Math.abs(v))), 1e-30);
    const columns = Math.min(rows[0].length, 16), wide = Math.min(52 / columns, 9), tall = Math.min(22 / rows.length, 9);
    const group = element("g", { "aria-hidden": "true" });
    rows.forEach((row, i) => row.slice(0, columns).forEach((v, j) => {
      const strength = typeof v === "string" ? 1 : Math.abs(v) / most;
      group.append(element("rect", { x: x + 52 - (columns - j) * wide, y: y + i * tall, width: wide * 0.92, height: tall * 0.92, style: `fill: rgba(var(--${v < 0 ? "negative" : "positive"}), ${(0.08 + 0.92 * strength).toFixed(2)})` }));
    }));
    return group;
  }

  function line(kind, sign, shown, y) {
    const short = shown.rows.length === 1 ? `[${shown.rows[0].map((x) => number(typeof x === "string" ? x : Number(x.toPrecision(3)))).join(", ")}]` : "";
    const fits = shown.shape.length === 1 && !shown.note && short.length <= 14;
    const text = isScalar(shown) ? number(only(shown)) : fits ? short : tuple(shown.shape);
    const parts = [element("text", { x: 18, y, class: kind }, `${sign}${text}`)];
    if (!isScalar(shown) && !fits && shown.rows.length && shown.rows[0].length) parts.push(heatmap(shown, WIDTH - 58, y - 15));
    return parts;
  }

  function paintCard(quantity, at) {
    const card = cards.get(quantity.id), known = at.known.has(quantity.id), total = at.totals.get(quantity.id);
    const isNow = steps()[now].quantity === quantity.id;
    card.setAttribute("class", `card ${quantity.role}${isNow ? " now" : ""}${known ? "" : " later"}`);
    const value = known ? (isScalar(quantity.value) ? number(only(quantity.value)) : `shape ${shape(quantity.value)}`) : "not computed yet";
    const gradient = total === undefined ? "no gradient yet" : total === null ? "gradient to be predicted" : isScalar(total) ? `gradient ${number(only(total))}` : `gradient of shape ${shape(total)}`;
    card.setAttribute("aria-label", `${quantity.name}, ${quantity.role}, ${value}, ${gradient}. Go to its next step.`);
    const name = quantity.name.length > 13 ? `${quantity.name.slice(0, 12)}…` : quantity.name;
    const parts = [element("title", {}, quantity.name), element("rect", { class: "box", width: WIDTH, height: HEIGHT, rx: 9 })];
    if (quantity.role === "loss") parts.push(element("rect", { class: "outer", x: -4, y: -4, width: WIDTH + 8, height: HEIGHT + 8, rx: 12 }));
    parts.push(element("text", { x: 18, y: 20, class: "name" }, name));
    if (quantity.role !== "result") parts.push(element("text", { x: WIDTH - 8, y: 12, class: "role", "text-anchor": "end" }, quantity.role === "parameter" ? "param" : quantity.role === "constant" ? "const" : quantity.role));
    if (known) parts.push(...line("value", "", quantity.value, 43));
    if (total === null) parts.push(element("text", { x: 18, y: 69, class: "gradient" }, "ḡ ?"));
    else if (total) parts.push(...line("gradient", "ḡ ", total, 69));
    if (quantity.operation !== null) {
      const symbol = operations[quantity.operation].symbol, size = Math.max(15, 4.1 * symbol.length + 4);
      parts.push(isRound(operations[quantity.operation]) ? element("circle", { cx: -2, cy: HEIGHT / 2, r: 14 }) : element("g", {}, element("rect", { class: "box", x: 10, y: HEIGHT - 3, width: 2 * size, height: 20, rx: 10 })));
      parts.push(element("text", { x: isRound(operations[quantity.operation]) ? -2 : 10 + size, y: isRound(operations[quantity.operation]) ? HEIGHT / 2 : HEIGHT + 7, class: "symbol" }, symbol));
    }
    card.replaceChildren(...parts);
  }

  function paintGraph(at) {
    const step = steps()[now];
    for (const quantity of quantities) paintCard(quantity, at);
    for (const [key, edge] of edges) {
      const [operation, argument] = key.split(":").map(Number);
      const flows = step.kind === "message" && step.operation === operation && step.argument === argument;
      const used = step.kind === "forward" && step.operation === operation;
      edge.setAttribute("class", `edge${flows ? " flow" : used ? " used" : at.sent.has(key) ? " sent" : ""}`);
      if (flows) edge.setAttribute("marker-start", "url(#tip)"); else edge.removeAttribute("marker-start");
    }
    const card = cards.get(step.quantity), box = $("graph").parentElement;
    if (box.scrollWidth > box.clientWidth) box.scrollLeft = quantities[step.quantity].x - box.clientWidth / 2;
    return card;
  }

  // The panel.

  function compared(quantity, total) {
    const box = element("div", { class: "difference" }, heading("Finite difference"));
    if (!quantity.difference) { box.append(element("p", { class: "note" }, quantity.difference_note || "none")); return box; }
    if (isScalar(total)) box.append(formula(number(quantity.difference[0][0])));
    else box.append(matrix(quantity.difference, `finite difference for ${quantity.name}`));
    const [agrees, most] = agreement(total, quantity.difference);
    box.append(element("p", { class: agrees ? "note right" : "note wrong" }, `${agrees ? "✓ agrees" : "✗ differs"}: the largest difference is ${most.toExponential(1)}.`));
    return box;
  }

  function agreement(total, difference) {
    const a = total.rows.flat(), b = difference.flat();
    const gaps = a.map((x, i) => (x === b[i] ? 0 : Math.abs(Number(x) - Number(b[i]))));
    const scale = Math.max(1e-3, ...b.map((x) => (typeof x === "string" ? 0 : Math.abs(x))));
    const tolerance = { float64: 1e-5, float32: 2e-3, float16: 0.1 }[total.dtype] ?? 1e-3;
    const most = gaps.some(Number.isNaN) ? NaN : Math.max(0, ...gaps);
    return [most <= tolerance * scale, most];
  }

  function call(operation) {
    const names = operation.operands.map((operand) => quantities[operand.quantity].name);
    const infix = names.length === 2 && operation.symbol.length === 1;
    const inner = infix ? `${names[0]} ${operation.symbol} ${names[1]}` : `${operation.primitive}(${[...names, operation.settings].filter(Boolean).join(", ")})`;
    return `${quantities[operation.result].name} = ${inner}`;
  }

  function operandValues(operation) {
    const seen = new Set(), parts = [];
    for (const operand of operation.operands) {
      if (seen.has(operand.quantity)) continue;
      seen.add(operand.quantity);
      const quantity = quantities[operand.quantity];
      parts.push(isScalar(quantity.value) ? formula(`${quantity.name} = ${number(only(quantity.value))}`) : element("details", { class: "values" }, element("summary", {}, `${quantity.name}: ${tuple(quantity.value.shape)}`), array(quantity.value, quantity.name)));
    }
    return parts;
  }

  const panels = {
    forward(step) {
      const operation = operations[step.operation], quantity = quantities[step.quantity];
      const parts = [element("h2", {}, `Forward: compute ${quantity.name}`), formula(call(operation)), heading("From"), ...operandValues(operation), heading("Result")];
      parts.push(isScalar(quantity.value) ? formula(`${quantity.name} = ${number(only(quantity.value))}`, "result") : array(quantity.value, quantity.name));
      if (operation.scope) parts.push(element("p", { class: "note" }, `in ${operation.scope}`));
      return parts;
    },
    seed(step) {
      const quantity = quantities[step.quantity];
      return [element("h2", {}, "Backward: begin at the loss"), formula(`${bar(quantity)} = ${number(only(step.total))}`, "result"), element("p", {}, "The loss changes by exactly as much as itself, so its gradient is 1. Everything else follows by the chain rule.")];
    },
    message(step) {
      const operation = operations[step.operation], operand = operation.operands[step.argument];
      const quantity = quantities[step.quantity], sender = quantities[operation.result];
      const parts = [element("h2", {}, `Backward: ${sender.name} sends a gradient to ${quantity.name}`), element("p", { class: "note" }, `${call(operation)}, argument ${operand.argument}`), heading("Rule")];
      const math = operand.mathml ? mathematics(operand.mathml) : null;
      parts.push(math ? element("p", { class: "formula" }, "message = ", math) : formula(operand.rule));
      if (operand.named && operand.named !== operand.rule) parts.push(formula(`message = ${operand.named}`));
      parts.push(heading(`Upstream gradient ${bar(sender)}`), isScalar(step.upstream) ? formula(number(only(step.upstream))) : array(step.upstream, `upstream gradient of ${sender.name}`));
      if (hidden(now)) return [...parts, heading("Values"), ...operandValues(operation), ...question(step, quantity)];
      return [...parts, ...message(step, operand, quantity)];
    },
    update(step) {
      const quantity = quantities[step.quantity], scalar = isScalar(step.total);
      const table = (shown, label) => (scalar ? formula(number(only(shown))) : array(shown, label));
      return [element("h2", {}, `Update: ${step.note} changes ${quantity.name}`), heading("Before"), table(step.before, "before"), heading(`Gradient ${bar(quantity)}`), table(step.message, "gradient"), heading("After"), table(step.total, "after")];
    },
  };

  function message(step, operand, quantity) {
    const own = step.summed || step.message, parts = [];
    if (isScalar(own) && isScalar(step.message)) {
      // In the naive walk the upstream gradient is another one, so the numbers of the engine's walk would be wrong.
      const put = operand.numbers && !isNaive() ? operand.numbers : isScalar(operand.local || own) && operand.local ? `${sum(only(step.upstream))} · ${sum(only(operand.local))}` : number(only(own));
      const total = step.before ? `${put} + ${sum(only(step.before))}` : put, result = number(only(step.total));
      parts.push(heading(step.before ? "With numbers, added to what had arrived before" : "With numbers"), formula(`${bar(quantity)} = ${total}${total === result ? "" : ` = ${result}`}`, "result"));
    } else {
      if (step.summed || step.before) parts.push(heading("Message"), array(step.message, "message"));
      if (step.summed) parts.push(heading(`Broadcasting undone: Σ ${step.axes}`), element("p", { class: "note" }, `${tuple(step.message.shape)} → ${tuple(step.summed.shape)}: ${quantity.name} was used once for each of the summed elements.`), array(step.summed, "summed message"));
      if (step.before) parts.push(heading("Added to what had arrived before"), array(step.before, "before"));
      parts.push(heading(`${bar(quantity)}${step.before ? ", the sum" : step.summed ? "" : ": the message, the first to arrive"}`));
    }
    if (!(isScalar(own) && isScalar(step.message))) parts.push(array(step.total, bar(quantity), { class: "total", "data-quantity": quantity.id }));
    if (step.note) parts.push(element("p", { class: "note" }, step.note));
    const missing = quantity.expects - (state(now).arrived.get(quantity.id) || 0);
    if (missing > 0) parts.push(element("p", { class: "note" }, `${missing} more ${missing === 1 ? "message" : "messages"} to come: not the whole gradient yet.`));
    else parts.push(compared(quantity, step.total));
    if (operand.jacobian) parts.push(element("details", {}, element("summary", {}, "The whole Jacobian"), element("p", { class: "note" }, "A row for each element of the result, a column for each of the argument. The message is the upstream gradient, as a row, times this."), matrix(operand.jacobian, "Jacobian")));
    return parts;
  }

  // Prediction.

  const asksAll = (shown) => !shown.note && shown.rows.flat().length <= 9;

  function question(step, quantity) {
    const all = asksAll(step.total), first = step.total.shape.map(() => 0).join(", ");
    const feedback = element("p", { role: "status", id: "feedback" });
    const input = element("input", { type: "text", id: "answer", autocomplete: "off", spellcheck: "false" });
    const text = all ? `What is ${bar(quantity)} after this message?${isScalar(step.total) ? "" : " Rows like [[1, 2], [3, 4]]."}` : `What is element [${first}] of ${bar(quantity)}, of shape ${tuple(step.total.shape)}, after this message?`;
    const reveal = element("button", { type: "button", id: "reveal" }, "Show me");
    const form = element("form", {}, element("label", { for: "answer" }, text), input, element("button", { type: "submit", id: "check" }, "Check"), reveal);
    const open = () => { answered.add(`${isNaive()}:${now}`); render(); };
    reveal.addEventListener("click", open);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const verdict = judge(input.value, step, quantity);
      feedback.className = verdict.right ? "right" : "wrong";
      feedback.textContent = `${verdict.right ? "✓" : "✗"} ${verdict.says}`;
      if (verdict.right) { open(); $("panel").prepend(feedback); }
    });
    return [heading("Your prediction"), form, feedback];
  }

  function parse(text) {
    const plain = text.trim().replaceAll("−", "-");
    let value;
    try { value = JSON.parse(plain.startsWith("[") ? plain : plain.includes(",") || /\s/.test(plain) ? `[${plain.split(/[\s,]+/).join(",")}]` : plain); } catch { return null; }
    const sizes = [], flat = [value].flat(Infinity);
    for (let inner = value; Array.isArray(inner); inner = inner[0]) sizes.push(inner.length);
    return flat.length && flat.every((x) => typeof x === "number") && sizes.reduce((a, b) => a * b, 1) === flat.length ? { sizes, flat } : null;
  }

  function judge(text, step, quantity) {
    const given = parse(text);
    if (!given) return { right: false, says: "This is not a number, nor rows of numbers such as [[1, 2], [3, 4]]." };
    const all = asksAll(step.total), pick = (shown) => (all ? shown.rows.flat() : [only(shown)]);
    const own = step.summed || step.message, operand = operations[step.operation].operands[step.argument];
    const needed = all ? step.total.shape : [];
    if (String(given.sizes) !== String(needed)) {
      const unsummed = step.summed && String(given.sizes) === String(step.message.shape);
      return { right: false, says: `Wrong shape: yours is ${tuple(given.sizes)}, and a gradient has the shape of its quantity, ${tuple(needed)}.${unsummed ? ` Broadcasting was not undone: sum over ${step.axes}.` : ""}` };
    }
    const is = (wanted) => {
      if (!wanted) return false;
      const scale = Math.max(...wanted.map((x) => (typeof x === "string" ? 0 : Math.abs(x))));
      return wanted.every((x, i) => Math.abs(given.flat[i] - Number(x)) <= 0.005 * Math.abs(Number(x)) + 0.0005 * scale);
    };
    const total = pick(step.total), before = step.before ? pick(step.before) : null, local = operand.local ? pick(operand.local) : null;
    const plus = (a, b) => a.map((x, i) => Number(x) + Number(b[i]));
    if (is(total)) return { right: true, says: "Right." };
    if (before && is(pick(own))) return { right: false, says: `You forgot to accumulate: ${quantity.name} had a gradient already, and this message is added to it.` };
    if (local && (is(local) || (before && is(plus(local, before))))) return { right: false, says: "You forgot the upstream gradient: the local derivative is multiplied by it." };
    if (before && is(before)) return { right: false, says: "This is what had arrived before; the message is to be added." };
    if (is(total.map((x) => -Number(x)))) return { right: false, says: "The sign is off." };
    if (step.upstream.shape.join() === step.total.shape.join() && is(pick(step.upstream))) return { right: false, says: "You forgot the local derivative: this is the upstream gradient alone." };
    return { right: false, says: "Not this. Multiply the upstream gradient by the local derivative, then add what had arrived before." };
  }

  // Order, lines and results.

  function paintOrder(at) {
    const step = steps()[now], body = $("order").tBodies[0];
    const receivers = quantities.filter((q) => q.expects > 0 || q.role === "loss").sort((a, b) => b.id - a.id);
    const next = Math.max(...receivers.filter((q) => q.operation !== null && q.expects > 0 && (at.arrived.get(q.id) || 0) >= q.expects && !at.senders.has(q.id)).map((q) => q.id));
    body.replaceChildren(...receivers.map((q) => {
      const arrived = at.arrived.get(q.id) || 0, missing = q.expects - arrived;
      const visited = at.senders.has(q.id), leaf = q.operation === null;
      const condition = q.role === "loss" ? (visited ? "passed on" : at.totals.has(q.id) ? "complete" : "waits for the seed") : visited ? (isNaive() && missing > 0 ? "passed on too early" : isNaive() && q.expects > 1 ? "passed on more than once" : "complete, passed on") : missing > 0 ? `waits for ${missing}` : missing < 0 ? "got some more than once" : leaf ? "complete: a leaf" : q.id === next ? "complete, next in line" : "complete, but others go first";
      return element("tr", { class: q.id === step.quantity ? "now" : null }, element("th", { scope: "row" }, q.name), element("td", {}, q.role === "loss" ? "seed" : `${arrived} of ${q.expects}`), element("td", {}, condition));
    }));
    $("reason").textContent = reason(step);
  }

  function reason(step) {
    if (step.kind === "forward") return "Forward, operations run in the order of the program: operands before results.";
    if (step.kind === "seed") return "Backward begins where nothing is missing: at the loss.";
    if (step.kind === "update") return "All gradients are complete, so the parameters may change.";
    const sender = quantities[operations[step.operation].result];
    if (isNaive()) return `The naive walk lets ${sender.name} pass on its total at every arrival, so what came first is counted again with what comes later.`;
    return `${sender.name} sends now because ${sender.role === "loss" ? "it is where the walk begins" : sender.expects === 1 ? "its one message has arrived" : `all ${sender.expects} messages to it have arrived, and their sum is passed on once`}. Of the results that have a gradient, the one computed last goes first: whatever uses it has been visited.`;
  }

  function paintProgram() {
    const step = steps()[now], line = step.operation === null ? -1 : operations[step.operation].line;
    $("program").replaceChildren(...story.lines.map((each, i) => element("li", { "aria-current": i === line ? "step" : null }, element("span", {}, `${each.file}:${each.number}`), element("code", {}, each.text || "(source not available)"))));
  }

  function finals(list) {
    const found = new Map();
    for (const step of list) if (step.kind === "message") found.set(step.quantity, step.total);
    return found;
  }

  function paintResults(at) {
    const box = $("results"), done = now >= steps().findLastIndex((s) => s.kind === "message") && !hidden(now);
    if (!done) { box.replaceChildren(element("p", { class: "note" }, "They are shown here when the walk has arrived at its end.")); return; }
    const right = finals(engine), wrong = finals(story.naive), leaves = quantities.filter((q) => q.operation === null && q.expects > 0);
    const head = element("tr", {}, ...["Leaf", "Engine", "Naive walk", "Finite difference"].map((text) => element("th", { scope: "col" }, text)));
    const rows = leaves.map((q) => {
      const naiveTotal = wrong.get(q.id), same = naiveTotal && JSON.stringify(naiveTotal.rows.map((r) => r.map(number))) === JSON.stringify(right.get(q.id).rows.map((r) => r.map(number)));
      return element("tr", {}, element("th", { scope: "row" }, q.name),
        element("td", {}, array(q.gradient, `gradient of ${q.name}`, { class: "engine", "data-quantity": q.id })),
        element("td", {}, naiveTotal ? array(naiveTotal, `naive gradient of ${q.name}`, { class: "naive", "data-quantity": q.id }) : "not reached", element("span", { class: same ? "right" : "wrong" }, same ? "✓ the same" : "✗ wrong")),
        element("td", {}, q.difference ? matrix(q.difference, `finite difference for ${q.name}`) : q.difference_note));
    });
    box.replaceChildren(element("div", { class: "scroll" }, element("table", {}, element("thead", {}, head), element("tbody", {}, ...rows))), element("p", { class: "note" }, story.naive_note));
  }

  function describe(step) {
    const quantity = quantities[step.quantity], operation = step.operation === null ? null : operations[step.operation];
    const brief = (shown) => (isScalar(shown) ? number(only(shown)) : asksAll(shown) ? JSON.stringify(shown.shape.length < 2 ? shown.rows[0] : shown.rows) : `shape ${tuple(shown.shape)}`);
    if (step.kind === "forward") return [call(operation), "", brief(quantity.value)];
    if (step.kind === "seed") return [`seed ${bar(quantity)}`, "", brief(step.total)];
    if (step.kind === "update") return [`${step.note} changes ${quantity.name}`, `${brief(step.before)} →`, brief(step.total)];
    const operand = operation.operands[step.argument], numbers = (isNaive() ? "" : operand.numbers) || operand.rule;
    return [`${quantities[operation.result].name} → ${bar(quantity)}`, step.before ? `${numbers} + ${isScalar(step.before) ? sum(only(step.before)) : "before"}` : numbers, brief(step.total)];
  }

  function paintAll() {
    const body = $("all").querySelector("tbody");
    body.replaceChildren(...steps().map((step, i) => element("tr", {}, element("td", {}, String(i + 1)), ...describe(step).map((text) => element("td", {}, text)))));
  }

  // Moving about.

  function render() {
    const at = state(now), step = steps()[now];
    $("scrub").max = steps().length - 1;
    $("scrub").value = now;
    $("scrub").setAttribute("aria-valuetext", `step ${now + 1} of ${steps().length}, ${step.kind}`);
    $("count").textContent = `${now + 1} of ${steps().length} · ${step.kind}`;
    $("warning").hidden = !isNaive();
    paintGraph(at);
    $("panel").replaceChildren(...panels[step.kind](step));
    paintOrder(at);
    paintProgram();
    paintResults(at);
  }

  function go(to) {
    now = Math.max(0, Math.min(steps().length - 1, to));
    render();
  }

  function pause() {
    clearInterval(timer);
    timer = null;
    $("play").textContent = "▶ Play";
  }

  function play() {
    if (timer !== null) return pause();
    if (now === steps().length - 1) go(0);
    $("play").textContent = "⏸ Pause";
    timer = setInterval(() => {
      if (hidden(now) || now === steps().length - 1) return pause();
      go(now + 1);
      if (now === steps().length - 1) pause();
    }, Number($("speed").value));
  }

  $("first").addEventListener("click", () => go(0));
  $("back").addEventListener("click", () => go(now - 1));
  $("play").addEventListener("click", play);
  $("forward").addEventListener("click", () => go(now + 1));
  $("last").addEventListener("click", () => go(steps().length - 1));
  $("scrub").addEventListener("input", () => go(Number($("scrub").value)));
  $("speed").addEventListener("change", () => { if (timer !== null) { pause(); play(); } });
  $("predict").addEventListener("change", () => { answered.clear(); render(); });
  $("naive").addEventListener("change", () => { const first = forward.length; paintAll(); go(now >= first ? first : now); });
  $("theme").addEventListener("click", () => {
    const dark = matchMedia("(prefers-color-scheme: dark)").matches, set = document.documentElement.dataset.theme || (dark ? "dark" : "light");
    document.documentElement.dataset.theme = set === "dark" ? "light" : "dark";
  });
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input:not([type=checkbox]), select, textarea")) return;
    const moves = { ArrowRight: () => go(now + 1), ArrowLeft: () => go(now - 1), Home: () => go(0), End: () => go(steps().length - 1) };
    if (event.key === " " && !event.target.closest("button, summary, input, [role=button]")) moves[" "] = play;
    if (moves[event.key]) { event.preventDefault(); moves[event.key](); }
  });
  addEventListener("beforeprint", () => { $("all").open = true; });

  drawGraph();
  paintAll();
  render();
})();
