// Predict mode: the question, and what is off with an answer.

const asksAll = (shown) => !shown.note && shown.rows.flat().length <= 9;

function question(step, quantity) {
  const all = asksAll(step.total), first = step.total.shape.map(() => 0).join(", ");
  const feedback = element("p", { role: "status", id: "feedback" });
  const input = element("input", { type: "text", id: "answer", autocomplete: "off", spellcheck: "false" });
  const text = all ? `What is ${bar(quantity)} after this message?${isScalar(step.total) ? "" : " Rows like [[1, 2], [3, 4]]."}` : `What is element [${first}] of ${bar(quantity)}, of shape ${tuple(step.total.shape)}, after this message?`;
  const reveal = element("button", { type: "button", id: "reveal" }, "Show me");
  const form = element("form", {}, element("label", { for: "answer" }, text), input, element("button", { type: "submit", id: "check" }, "Check"), reveal);
  const open = () => { answered.add(`${isNaive()}:${now}`); paintAll(); render(); };
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

// Rows as Python, NumPy or a hurried reader writes them: [[1, 2], [3, 4]], [[1. 2.] [3. 4.]], or 1 2 3.
function parse(text) {
  const tokens = text.replaceAll("−", "-").match(/[[\]]|[^\s,[\]]+/g) ?? [];
  const isBare = tokens[0] !== "[" && (tokens.length > 1 || text.includes(","));
  const rest = isBare ? ["[", ...tokens, "]"] : [...tokens];
  const take = () => {
    const token = rest.shift();
    if (token !== "[") return scalar(token);
    const items = [];
    while (rest.length && rest[0] !== "]") items.push(take());
    return rest.shift() === "]" && items.every((item) => item !== null) ? items : null;
  };
  const value = take(), sizes = rest.length ? null : sizesOf(value);
  return sizes && { sizes, flat: [value].flat(Infinity) };
}

function scalar(token = "") {
  if (/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(token)) return Number(token);
  const named = /^([+-]?)(nan|inf|infinity|∞)$/i.exec(token);
  return named ? (named[2].toLowerCase() === "nan" ? NaN : named[1] === "-" ? -Infinity : Infinity) : null;
}

// The shape of nested rows; null where they are no array.
function sizesOf(value) {
  if (!Array.isArray(value)) return value === null ? null : [];
  const inner = value.map(sizesOf);
  return value.length && inner.every((each) => each && String(each) === String(inner[0])) ? [value.length, ...inner[0]] : null;
}

function judge(text, step, quantity) {
  const given = parse(text);
  if (!given) return { right: false, says: "This is not a number, nor rows of numbers such as [[1, 2], [3, 4]]." };
  const all = asksAll(step.total), pick = (shown) => (all ? shown.rows.flat() : [only(shown)]);
  const own = step.summed || step.message, operand = operations[step.operation].operands[step.argument];
  const needed = all ? step.total.shape : [];
  if (!needed.length && /^\s*[-+−]?\d+,\d+\s*$/.test(text)) return { right: false, says: "This reads as two numbers: write decimals with a point." };
  if (String(given.sizes) !== String(needed)) {
    const unsummed = step.summed && String(given.sizes) === String(step.message.shape);
    return { right: false, says: `Wrong shape: yours is ${tuple(given.sizes)}, and a gradient has the shape of its quantity, ${tuple(needed)}.${unsummed ? ` Broadcasting was not undone: sum over ${step.axes}.` : ""}` };
  }
  const is = (wanted) => {
    if (!wanted) return false;
    const scale = Math.max(...wanted.map((x) => (typeof x === "string" ? 0 : Math.abs(x))).filter(Number.isFinite));
    return wanted.every((x, i) => Object.is(given.flat[i], real(x)) || Math.abs(given.flat[i] - real(x)) <= (Number.isFinite(real(x)) ? 0.005 * Math.abs(x) + 0.0005 * scale : -1));
  };
  const total = pick(step.total), before = step.before ? pick(step.before) : null, local = operand.local ? pick(operand.local) : null;
  const plus = (a, b) => a.map((x, i) => real(x) + real(b[i]));
  if (is(total)) return { right: true, says: "Right." };
  if (before && is(pick(own))) return { right: false, says: `You forgot to accumulate: ${quantity.name} had a gradient already, and this message is added to it.` };
  if (local && (is(local) || (before && is(plus(local, before))))) return { right: false, says: "You forgot the upstream gradient: the local derivative is multiplied by it." };
  if (before && is(before)) return { right: false, says: "This is what had arrived before; the message is to be added." };
  if (is(total.map((x) => -real(x)))) return { right: false, says: "The sign is off." };
  if (step.upstream.shape.join() === step.total.shape.join() && is(pick(step.upstream))) return { right: false, says: "You forgot the local derivative: this is the upstream gradient alone." };
  return { right: false, says: "Not this. Multiply the upstream gradient by the local derivative, then add what had arrived before." };
}
