// Change the values: where the story's arithmetic is elementwise, everything is computed again here, in float64, by the
// functions in `arithmetic`, which were generated from the rules. `recorded` stays what the engine gave.

const recorded = JSON.parse($("story").textContent);
const real = (x) => ({ NaN, "∞": Infinity, "−∞": -Infinity })[x] ?? Number(x);
const plain = (x) => (Number.isNaN(x) ? "NaN" : x === Infinity ? "∞" : x === -Infinity ? "−∞" : x);
const flat = (shown) => shown.rows.flat().map(real);
const zeros = (count) => new Array(count).fill(0);
const sized = (sizes) => sizes.reduce((a, b) => a * b, 1);

function rowsOf(values, sizes) {
  const columns = sizes.length ? sizes.at(-1) : 1;
  return Array.from({ length: values.length / columns }, (_, i) => values.slice(i * columns, (i + 1) * columns).map(plain));
}

// One operation, forward and back.

// What an elementwise operation gets, an element of each operand for each of the result's.
function aligned(operation, values) {
  const { operands } = story.live.operations[operation.id];
  const all = operation.operands.map(({ quantity }, i) => (operands[i].places === null ? values.get(quantity) : operands[i].places.map((place) => values.get(quantity)[place])));
  return [all[0], all[1] ?? all[0], all[2] ?? all[0]];
}

function compute(operation, values) {
  const live = story.live.operations[operation.id], count = sized(recorded.quantities[operation.result].value.shape), out = zeros(count);
  if (live.forward !== null) {
    const [x, y, z] = aligned(operation, values), f = arithmetic[live.forward];
    for (let e = 0; e < count; e++) out[e] = Number(f(x[e], y[e], z[e]));
    return out;
  }
  live.operands.forEach(({ places, factors }, i) => {
    const from = values.get(operation.operands[i].quantity);
    places.forEach((row, e) => row.forEach((place, k) => { out[e] += factors[e][k] * from[place]; }));
  });
  return out;
}

// What arrives at an operand: the message, and the same with broadcasting undone.
function send(operation, argument, upstream, values) {
  const { places, factors, message } = story.live.operations[operation.id].operands[argument];
  const own = zeros(sized(recorded.quantities[operation.operands[argument].quantity].value.shape));
  if (message === null) {
    places.forEach((row, e) => row.forEach((place, k) => { own[place] += factors[e][k] * upstream[e]; }));
    return { message: own, own };
  }
  const [x, y, z] = aligned(operation, values), out = values.get(operation.result), f = arithmetic[message];
  const sent = upstream.map((g, e) => Number(f(x[e], y[e], z[e], out[e], g)));
  if (places === null) return { message: sent, own: sent };
  sent.forEach((each, e) => { own[places[e]] += each; });
  return { message: sent, own };
}

// The whole story.

function program(leaves) {
  const values = new Map(leaves);
  for (const operation of operations) values.set(operation.result, compute(operation, values));
  return values;
}

// Both walks pass on what has arrived at the sender so far; the engine's waits until that is everything.
function walk(list, values) {
  const totals = new Map();
  const moments = list.map((step) => {
    if (step.kind === "seed") totals.set(step.quantity, flat(step.total));
    if (step.kind !== "message") return null;
    const operation = operations[step.operation], upstream = totals.get(operation.result), before = totals.get(step.quantity);
    const { message, own } = send(operation, step.argument, upstream, values);
    const total = before ? before.map((x, i) => x + own[i]) : own;
    totals.set(step.quantity, total);
    return { upstream, message, summed: own, before, total };
  });
  return { moments, totals };
}

// The loss as a function of one element of a quantity; the same steps as those of the recorded differences.
function around(quantity, values) {
  const changed = new Set([quantity.id]), after = [];
  for (const operation of operations) {
    if (operation.result === quantity.id || !operation.operands.some((operand) => changed.has(operand.quantity))) continue;
    changed.add(operation.result);
    after.push(operation);
  }
  return (place, steps) => {
    const own = values.get(quantity.id), h = 1e-6 * Math.max(1, Math.abs(own[place])), again = new Map(values);
    again.set(quantity.id, own.with(place, own[place] + steps * h));
    for (const operation of after) again.set(operation.result, compute(operation, again));
    return { h, loss: again.get(operations.at(-1).result)[0] };
  };
}

function differences(quantity, values) {
  const at = around(quantity, values);
  return values.get(quantity.id).map((_, place) => {
    const higher = at(place, 1), lower = at(place, -1);
    return (higher.loss - lower.loss) / (2 * higher.h);
  });
}

// What to say where a gradient and its difference differ; what is held fixed is so with any values.
function differenceNote(quantity, original, values) {
  const strictly = (each) => agreement({ ...each.gradient, dtype: "float64" }, each.difference)[0];
  if (original.difference_note && strictly(original)) return original.difference_note;
  if (strictly(quantity)) return "";
  const gradient = flat(quantity.gradient), gaps = quantity.difference.flat().map((x, i) => Math.abs(real(x) - gradient[i]));
  const place = gaps.reduce((worst, gap, i) => (Number.isNaN(gaps[worst]) || gap <= gaps[worst] ? worst : i), 0);
  const sizes = quantity.value.shape, where = sizes.length ? ` at [${unravel(place, sizes).join(", ")}]` : "", at = around(quantity, values);
  const [lower, here, higher] = [-1, 0, 1].map((steps) => at(place, steps));
  if (![lower, here, higher].every(({ loss }) => Number.isFinite(loss))) return `The loss is not finite here or close by${where}, so that a difference says nothing.`;
  const left = (here.loss - lower.loss) / here.h, right = (higher.loss - here.loss) / here.h;
  if (Math.abs(left - right) > 1e-3 * Math.max(1e-3, Math.abs(left), Math.abs(right))) return `The loss has a kink here${where}: on its two sides its slope is ${number(Number(left.toPrecision(5)))} and ${number(Number(right.toPrecision(5)))}. The rule gives ${number(plain(gradient[place]))}, and the difference is the mean.`;
  return `No reason was found${where}: perhaps numbers of this size leave the difference too few digits.`;
}

// Differences take most of the time, and only few of them are looked at before the next edit.
function lazily(object, key, find) {
  const attributes = { configurable: true, enumerable: true };
  const set = (value) => Object.defineProperty(object, key, { ...attributes, value, writable: true });
  Object.defineProperty(object, key, { ...attributes, get: () => { set(find()); return object[key]; }, set });
}

// Writes what follows from the leaves into a story, this page's or a copy of it.
function tell(into, leaves) {
  const values = program(leaves);
  const put = (shown, numbers) => { if (shown) shown.rows = rowsOf(numbers, shown.shape); };
  const { moments, totals } = walk(into.steps, values);
  for (const [list, found] of [[into.steps, moments], [into.naive, walk(into.naive, values).moments]]) {
    list.forEach((step, i) => {
      if (found[i]) for (const key of ["upstream", "message", "summed", "before", "total"]) put(step[key], found[i][key]);
      if (step.kind === "update") step.stale = true;
    });
  }
  for (const quantity of into.quantities) {
    put(quantity.value, values.get(quantity.id));
    if (quantity.gradient) put(quantity.gradient, totals.get(quantity.id));
    if (!recorded.quantities[quantity.id].difference) continue;
    lazily(quantity, "difference", () => rowsOf(differences(quantity, values), quantity.value.shape));
    lazily(quantity, "difference_note", () => differenceNote(quantity, recorded.quantities[quantity.id], values));
  }
  for (const operation of into.operations) operation.operands.forEach((operand, i) => explainRule(operation, operand, i, values, totals));
}

function explainRule(operation, operand, argument, values, totals) {
  if (!operand.local) return;
  const count = values.get(operation.result).length, size = values.get(operand.quantity).length;
  operand.local.rows = rowsOf(send(operation, argument, zeros(count).fill(1), values).own, operand.local.shape);
  if (operand.jacobian) operand.jacobian = zeros(count).flatMap((_, e) => rowsOf(send(operation, argument, zeros(count).with(e, 1), values).own, [size]));
  if (operand.numbers) operand.numbers = filled(operation, argument, values, totals);
}

// The rule with numbers put in, as the recorded one has them: five digits, negative ones in parentheses.
function filled(operation, argument, values, totals) {
  const known = { out: values.get(operation.result)[0], g: totals.get(operation.result)[0] };
  operation.operands.forEach((operand, i) => { known[operand.argument] = values.get(operand.quantity)[0]; });
  const { template } = story.live.operations[operation.id].operands[argument];
  const text = template.replace(/(\^?)__([A-Za-z0-9]+)__/g, (_, power, name) => {
    const digits = fiveDigits(known[name]), raised = power && /^[0-9]+$/.test(digits);
    return raised ? [...digits].map((digit) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[digit]).join("") : power + digits;
  });
  return text.replace(/\((\(−[^()]*\))\)/g, "$1");
}

function fiveDigits(x) {
  if (!Number.isFinite(x)) return x < 0 ? "(−∞)" : String(plain(x));
  const text = general(Number(Math.abs(x).toPrecision(5)));
  return x < 0 || Object.is(x, -0) ? `(−${text})` : text;
}

function general(x) {
  const [digits, power] = x.toExponential(5).split("e").map(Number);
  if (x === 0 || (power >= -4 && power < 6)) return String(x);
  return `${digits}e${power < 0 ? `−${-power}` : String(power).padStart(2, "0")}`;
}

// Whether this arithmetic gives what the engine gave, before anyone relies on it.

const TOLERANCES = { float64: 1e-9, float32: 2e-3 };
const isNear = (a, b, tolerance) => a === b || Math.abs(real(a) - real(b)) <= tolerance * Math.max(1, Math.abs(real(b)));

function isFaithful(copy, original, tolerance) {
  if (original === null || typeof original !== "object") return typeof original === "number" ? isNear(copy, original, tolerance) : copy === original;
  return Object.keys(original).every((key) => ["difference", "difference_note", "numbers", "live"].includes(key) || isFaithful(copy[key], original[key], tolerance));
}

function recordedLeaves() {
  return recorded.quantities.filter((each) => each.operation === null).map((each) => [each.id, flat(each.value)]);
}

function reasonAgainst() {
  if (story.live.reason) return story.live.reason;
  const copy = structuredClone(recorded), tolerance = Math.max(...recorded.quantities.map((each) => TOLERANCES[each.value.dtype] ?? (each.value.dtype === "float16" ? 0.1 : 0)));
  tell(copy, recordedLeaves());
  if (!isFaithful(copy, recorded, tolerance)) return "computed again in the page, this program does not give the numbers that the engine recorded.";
  copy.operations.forEach((operation) => operation.operands.forEach((operand, i) => {
    // A rule that does not come out letter by letter is shown as upstream · local instead.
    if (operand.numbers !== recorded.operations[operation.id].operands[i].numbers) story.live.operations[operation.id].operands[i].template = "";
  }));
  return "";
}

function restore(into, from) {
  if (into.kind === "update") into.stale = false;
  for (const key of Object.keys(from)) {
    if (key === "live") continue;
    if (["rows", "jacobian", "difference"].includes(key)) into[key] = structuredClone(from[key]);
    else if (from[key] !== null && typeof from[key] === "object") restore(into[key], from[key]);
    else into[key] = from[key];
  }
}

// The fields.

const fields = new Map(); // of quantities: their inputs, what they hold, and where an error is told

function field(quantity) {
  const scalar = isScalar(quantity.value), values = flat(quantity.value), columns = quantity.value.shape.at(-1) ?? 1;
  const error = element("p", { class: "wrong", id: `error-${quantity.id}` }), was = element("span", { class: "note" });
  const inputs = values.map((x, i) => {
    const place = quantity.value.shape.length < 2 ? [i] : unravel(i, quantity.value.shape);
    return element("input", { type: "number", step: "any", id: `value-${quantity.id}-${i}`, autocomplete: "off", placeholder: Number.isFinite(x) ? null : String(plain(x)), value: Number.isFinite(x) ? String(x) : "", "aria-label": scalar ? null : `${quantity.name}[${place.join(", ")}]`, "data-quantity": quantity.id });
  });
  const slide = scalar && Number.isFinite(values[0]) ? slider(quantity, values[0]) : null;
  fields.set(quantity.id, { quantity, inputs, values, error, was, slide });
  if (scalar) return element("div", { class: "field" }, element("label", { for: inputs[0].id }, element("code", {}, quantity.name)), inputs[0], was, slide, error);
  const rows = Array.from({ length: inputs.length / columns }, (_, i) => element("tr", {}, ...inputs.slice(i * columns, (i + 1) * columns).map((input) => element("td", {}, input))));
  const legend = element("legend", {}, element("code", {}, quantity.name), ` ${tuple(quantity.value.shape)} `, was);
  return element("fieldset", { class: "field" }, legend, element("div", { class: "scroll" }, element("table", { role: "presentation" }, element("tbody", {}, ...rows))), error);
}

// For a look at the neighbourhood of a number; the middle is the recorded one, exactly.
function slider(quantity, x) {
  const reach = Math.max(2, 2 * Math.abs(x));
  return element("input", { type: "range", min: x - reach, max: x + reach, step: reach / 100, value: x, "aria-label": `${quantity.name}, slider`, "data-quantity": quantity.id });
}

function slid({ quantity, inputs: [input], slide }) {
  const x = slide.valueAsNumber, middle = only(recorded.quantities[quantity.id].value);
  input.value = Math.abs(x - middle) < Number(slide.step) / 2 ? input.defaultValue : String(Number(x.toPrecision(6)));
}

function unravel(place, sizes) {
  return sizes.map((size, i) => Math.floor(place / sized(sizes.slice(i + 1))) % size);
}

// Reads every field; one that holds no number keeps the value it had.
function read() {
  for (const { quantity, inputs, values, error } of fields.values()) {
    const bad = [];
    inputs.forEach((input, i) => {
      const untouched = input.value === "" && !input.validity.badInput && !Number.isFinite(values[i]) && input.placeholder;
      const fine = Number.isFinite(input.valueAsNumber) || untouched;
      if (fine && !untouched) values[i] = input.valueAsNumber;
      if (!fine) bad.push(`${isScalar(quantity.value) ? quantity.name : input.getAttribute("aria-label")} stays ${number(plain(values[i]))}`);
      for (const [key, value] of [["aria-invalid", "true"], ["aria-describedby", error.id]]) if (fine) input.removeAttribute(key); else input.setAttribute(key, value);
    });
    error.textContent = bad.length ? `✗ Not a finite number: ${bad.join(", ")}.` : "";
  }
}

function change(event) {
  const now = fields.get(Number(event.target.dataset.quantity)), input = event.target === now.slide ? now.inputs[0] : event.target;
  if (input !== event.target) slid(now);
  read();
  if (now.slide && input === event.target) now.slide.value = now.values[0];
  const changed = [...fields.values()].filter(({ quantity, values }) => flat(recorded.quantities[quantity.id].value).some((x, i) => !Object.is(x, values[i])));
  const invalid = [...fields.values()].map(({ error }) => error.textContent).filter(Boolean);
  if (changed.length) tell(story, [...recordedLeaves(), ...[...fields].map(([id, { values }]) => [id, [...values]])]);
  else restore(story, recorded);
  const loss = operations.at(-1).result, after = number(only(quantities[loss].value)), before = number(only(recorded.quantities[loss].value));
  const name = input.getAttribute("aria-label") ?? now.quantity.name;
  const says = `${name} = ${number(plain(now.values[now.inputs.indexOf(input)]))}: the loss${quantities[loss].name === "loss" ? "" : ` ${quantities[loss].name}`} is ${after}${after === before ? "" : `, recorded was ${before}`}.`;
  refresh(changed, invalid.length ? invalid.join(" ") : changed.length ? says : "All values are the recorded ones.");
}

function reset() {
  for (const { quantity, inputs, values, error, slide } of fields.values()) {
    if (slide) slide.value = slide.defaultValue;
    flat(recorded.quantities[quantity.id].value).forEach((x, i) => {
      values[i] = x;
      inputs[i].value = inputs[i].defaultValue;
      inputs[i].removeAttribute("aria-invalid");
      inputs[i].removeAttribute("aria-describedby");
    });
    error.textContent = "";
  }
  restore(story, recorded);
  refresh([], "");
  [...fields.values()][0].inputs[0].focus();
}

function refresh(changed, says) {
  for (const each of fields.values()) each.was.textContent = "";
  for (const { quantity, values, was } of changed) {
    const before = flat(recorded.quantities[quantity.id].value), count = values.filter((x, i) => !Object.is(x, before[i])).length;
    was.textContent = isScalar(quantity.value) ? `was ${number(plain(before[0]))}` : `${count} of ${values.length} changed`;
  }
  $("reset").disabled = !changed.length && !says.startsWith("✗");
  $("edited").hidden = !changed.length;
  $("changes").textContent = says;
  answered.clear(); // other numbers are another question
  paintAll();
  render();
}

function openFields() {
  const reason = reasonAgainst(), box = $("fields");
  if (reason) { $("values-note").textContent = `Not for this program: ${reason}`; return; }
  box.append(...story.live.editable.map((id) => field(quantities[id])));
  const slides = [...fields.values()].some((each) => each.slide);
  $("values-note").textContent = `Type other numbers${slides ? ", or drag" : ""}: values, gradients and finite differences follow at once.`;
  $("values-more").append(...story.live.notes.map((text) => element("p", { class: "note" }, text)));
  box.addEventListener("input", change);
  // While someone types, the short sentence below the fields is read out instead of the whole panel.
  box.addEventListener("focusin", () => $("panel").setAttribute("aria-live", "off"));
  box.addEventListener("focusout", () => $("panel").setAttribute("aria-live", "polite"));
  $("reset").addEventListener("click", reset);
  $("reset").hidden = false;
}

openFields();
globalThis.chalkgrad = { story, recorded }; // for the console: all digits of what the page shows
