// The panel: what happens at this step, as mathematics and with numbers.

function compared(quantity, total) {
  const box = element("div", { class: "difference" }, heading("Finite difference"));
  if (!quantity.difference) { box.append(element("p", { class: "note" }, quantity.difference_note || "none")); return box; }
  if (isScalar(total)) box.append(formula(number(quantity.difference[0][0])));
  else box.append(matrix(quantity.difference, `finite difference for ${quantity.name}`));
  const [agrees, most] = agreement(total, quantity.difference);
  box.append(element("p", { class: agrees ? "note right" : "note wrong" }, `${agrees ? "✓ agrees" : "✗ differs"}: the largest difference is ${most.toExponential(1)}.`));
  if (quantity.difference_note) box.append(element("p", { class: "note" }, quantity.difference_note));
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
    const stale = step.stale ? element("p", {}, "⚠ As recorded, before you changed values: what the optimizer would make of them is not computed here.") : null;
    return [element("h2", {}, `Update: ${step.note} changes ${quantity.name}`), ...[stale].filter(Boolean), heading("Before"), table(step.before, "before"), heading(`Gradient ${bar(quantity)}`), table(step.message, "gradient"), heading("After"), table(step.total, "after")];
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
