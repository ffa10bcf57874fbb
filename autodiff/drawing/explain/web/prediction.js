// Predict mode: the question, and what is off with an answer.

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
    if (verdict.right) { open(); $("panel").prepend(feedback); $("announcement").textContent = verdict.says; }
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
