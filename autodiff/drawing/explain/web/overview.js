// The order, the program, the gradients of the leaves, and all steps as a table.

function paintOrder(at) {
  const step = steps()[now], body = $("order").tBodies[0];
  const receivers = quantities.filter((q) => q.expects > 0 || q.role === "loss").sort((a, b) => b.id - a.id);
  const next = Math.max(...receivers.filter((q) => q.operation !== null && q.expects > 0 && (at.arrived.get(q.id) || 0) >= q.expects && !at.senders.has(q.id)).map((q) => q.id));
  if (body.rows.length !== receivers.length) {
    body.replaceChildren(...receivers.map((q) => element("tr", {}, element("th", { scope: "row" }, q.name), element("td"), element("td"))));
  }
  receivers.forEach((q, i) => {
    const arrived = at.arrived.get(q.id) || 0, row = body.rows[i];
    write(row.cells[1], q.role === "loss" ? "seed" : `${arrived} of ${q.expects}`);
    write(row.cells[2], condition(q, at, arrived, next));
    row.classList.toggle("now", q.id === step.quantity);
    if (q.id === step.quantity) row.setAttribute("aria-current", "step"); else row.removeAttribute("aria-current");
  });
  $("reason").textContent = reason(step);
}

const write = (box, text) => { if (box.textContent !== text) box.textContent = text; };

function condition(quantity, at, arrived, next) {
  const missing = quantity.expects - arrived, visited = at.senders.has(quantity.id);
  if (quantity.role === "loss") return visited ? "passed on" : at.totals.has(quantity.id) ? "complete" : "waits for the seed";
  if (visited && isNaive() && missing > 0) return "passed on too early";
  if (visited) return isNaive() && quantity.expects > 1 ? "passed on more than once" : "complete, passed on";
  if (missing !== 0) return missing > 0 ? `waits for ${missing}` : "got some more than once";
  if (quantity.operation === null) return "complete: a leaf";
  return quantity.id === next ? "complete, next in line" : "complete, but others go first";
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
  const list = $("program");
  if (!list.children.length) list.append(...story.lines.map((each) => element("li", {}, element("span", {}, `${each.file}:${each.number}`), element("code", {}, each.text || "(source not available)"))));
  [...list.children].forEach((each, i) => { if (i === line) each.setAttribute("aria-current", "step"); else each.removeAttribute("aria-current"); });
}

function finals(list) {
  const found = new Map();
  for (const step of list) if (step.kind === "message") found.set(step.quantity, step.total);
  return found;
}

function paintResults(at) {
  const box = $("results"), done = now >= steps().findLastIndex((s) => s.kind === "message") && !hidden(now);
  const right = finals(engine), wrong = finals(story.naive), leaves = quantities.filter((q) => q.operation === null && q.expects > 0);
  const ends = [right, wrong].flatMap((each) => leaves.map((q) => each.get(q.id)?.rows));
  if (!isNew("results", [done, ...ends])) return;
  if (!done) { box.replaceChildren(element("p", { class: "note" }, "They are shown here when the walk has arrived at its end.")); return; }
  const head = element("tr", {}, ...["Leaf", "Engine", "Naive walk", "Finite difference"].map((text) => element("th", { scope: "col" }, text)));
  const rows = leaves.map((q) => {
    const naiveTotal = wrong.get(q.id), same = naiveTotal && JSON.stringify(naiveTotal.rows.map((r) => r.map(number))) === JSON.stringify(right.get(q.id).rows.map((r) => r.map(number)));
    return element("tr", {}, element("th", { scope: "row" }, q.name),
      element("td", { "data-column": "Engine" }, array(q.gradient, `gradient of ${q.name}`, { class: "engine", "data-quantity": q.id })),
      element("td", { "data-column": "Naive walk" }, naiveTotal ? array(naiveTotal, `naive gradient of ${q.name}`, { class: "naive", "data-quantity": q.id }) : "not reached", element("span", { class: same ? "right" : "wrong" }, same ? "✓ the same" : "✗ wrong")),
      element("td", { "data-column": "Finite difference" }, q.difference && matrix(q.difference, `finite difference for ${q.name}`), q.difference_note && element("p", { class: "note" }, q.difference_note)));
  });
  box.replaceChildren(element("div", { class: "scroll" }, element("table", { class: "stacked", "aria-labelledby": "results-title" }, element("thead", {}, head), element("tbody", {}, ...rows))), element("p", { class: "note" }, story.naive_note));
}

const row = (numbers) => `[${numbers.map(number).join(", ")}]`;
const bracketed = (shown) => (shown.shape.length < 2 ? row(shown.rows[0] ?? []) : `[${shown.rows.map(row).join(", ")}]`);

function describe(step) {
  const quantity = quantities[step.quantity], operation = step.operation === null ? null : operations[step.operation];
  const brief = (shown) => (isScalar(shown) ? number(only(shown)) : asksAll(shown) ? bracketed(shown) : `shape ${tuple(shown.shape)}`);
  if (step.kind === "forward") return [call(operation), "", brief(quantity.value)];
  if (step.kind === "seed") return [`seed ${bar(quantity)}`, "", brief(step.total)];
  if (step.kind === "update") return [`${step.note} changes ${quantity.name}${step.stale ? " (as recorded)" : ""}`, `${brief(step.before)} →`, brief(step.total)];
  const operand = operation.operands[step.argument];
  if (hidden(steps().indexOf(step))) return [`${quantities[operation.result].name} → ${bar(quantity)}`, "to be predicted", "?"];
  const numbers = (isNaive() ? "" : operand.numbers) || operand.rule;
  return [`${quantities[operation.result].name} → ${bar(quantity)}`, step.before ? `${numbers} + ${isScalar(step.before) ? sum(only(step.before)) : "before"}` : numbers, brief(step.total)];
}

function paintAll() {
  const body = $("all").querySelector("tbody");
  body.replaceChildren(...steps().map((step, i) => element("tr", {}, element("th", { scope: "row" }, String(i + 1)), ...describe(step).map((text) => element("td", {}, text)))));
}
