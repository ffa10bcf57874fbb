// The cards of the graph: a quantity, or a collapsed module. A card is painted again only when what it shows changes.

const WIDTH = 138, HEIGHT = 84, RADIUS = 14;
const BLOCK = { width: 190, height: 104 };
const cards = new Map();
const painted = new Map();

const isRound = (operation) => operation.symbol.length <= 2;
const short = (text, most) => (text.length > most ? `${text.slice(0, most - 1)}…` : text);
const ROLES = { parameter: "param", constant: "const", input: "input", loss: "loss" };

// Whether anything that a card shows differs from when it was painted last; arrays are compared by their identity.
function isNew(key, shows) {
  const before = painted.get(key);
  if (before && before.length === shows.length && before.every((each, i) => each === shows[i])) return false;
  painted.set(key, shows);
  return true;
}

function heatmap(shown, x, y) {
  const rows = shown.rows.slice(0, 8), most = Math.max(...rows.flat().map((v) => (typeof v === "string" ? 0 : Math.abs(v))), 1e-30);
  const columns = Math.min(rows[0].length, 16), wide = Math.min(46 / columns, 9), tall = Math.min(22 / rows.length, 9);
  const group = element("g", { "aria-hidden": "true" });
  rows.forEach((row, i) => row.slice(0, columns).forEach((v, j) => {
    const strength = typeof v === "string" ? 1 : Math.abs(v) / most;
    group.append(element("rect", {
      x: x + 46 - (columns - j) * wide, y: y + i * tall, width: wide * 0.92, height: tall * 0.92,
      style: `fill: rgba(var(--${v < 0 ? "negative" : "positive"}), ${(0.08 + 0.92 * strength).toFixed(2)})`,
    }));
  }));
  return group;
}

function brief(kind, sign, shown, y) {
  const few = shown.rows.length === 1 ? `[${shown.rows[0].map((x) => number(typeof x === "string" ? x : Number(x.toPrecision(3)))).join(", ")}]` : "";
  const fits = shown.shape.length === 1 && !shown.note && few.length <= 14;
  const sizes = tuple(shown.shape).length <= 8 ? tuple(shown.shape) : shown.shape.join("×");
  const text = isScalar(shown) ? number(only(shown)) : fits ? few : sizes;
  const parts = [element("text", { x: 18, y, class: kind }, `${sign}${text}`)];
  const hasRoom = sizes.length <= 8 && shown.rows.length && shown.rows[0].length;
  if (!isScalar(shown) && !fits && hasRoom) parts.push(heatmap(shown, WIDTH - 53, y - 15));
  return parts;
}

function paintCard(quantity, at) {
  const known = at.known.has(quantity.id), total = at.totals.get(quantity.id), isNow = at.current === `q${quantity.id}`;
  if (!isNew(`q${quantity.id}`, [quantity.value.rows, known, total?.rows ?? total, isNow])) return;
  const card = cards.get(`q${quantity.id}`);
  card.setAttribute("class", `card ${quantity.role}${isNow ? " now" : ""}${known ? "" : " later"}`);
  const value = known ? (isScalar(quantity.value) ? number(only(quantity.value)) : `shape ${shape(quantity.value)}`) : "not computed yet";
  const gradient = total === undefined ? "no gradient yet" : total === null ? "gradient to be predicted" : isScalar(total) ? `gradient ${number(only(total))}` : `gradient of shape ${shape(total)}`;
  mark(card, isNow, `${quantity.name}, ${quantity.role}, ${value}, ${gradient}. Go to its next step.`);
  const parts = [element("title", {}, quantity.name), element("rect", { class: "box", width: WIDTH, height: HEIGHT, rx: 9 })];
  if (quantity.role === "loss") parts.push(element("rect", { class: "outer", x: -4, y: -4, width: WIDTH + 8, height: HEIGHT + 8, rx: 12 }));
  parts.push(element("text", { x: 18, y: 24, class: "name" }, short(nameWithin(quantity), ROLES[quantity.role] ? 9 : 14)));
  if (ROLES[quantity.role]) parts.push(element("text", { x: WIDTH - 8, y: 14, class: "role", "text-anchor": "end" }, ROLES[quantity.role]));
  if (known) parts.push(...brief("value", "", quantity.value, 46));
  if (total === null) parts.push(element("text", { x: 18, y: 70, class: "gradient" }, "ḡ ?"));
  else if (total) parts.push(...brief("gradient", "ḡ ", total, 70));
  if (isNow) parts.push(pointer(isDown() && quantity.operation !== null ? 12 : WIDTH / 2));
  if (quantity.operation !== null) parts.push(...symbol(operations[quantity.operation]));
  card.replaceChildren(...parts);
}

// In the frame of its module, a parameter goes by the rest of its name.
function nameWithin(quantity) {
  const path = quantity.within.length ? modules[quantity.within.at(-1)].path.split("/").slice(1).map((part) => `${part}.`).join("") : "";
  return path && quantity.role === "parameter" && quantity.name.startsWith(path) ? quantity.name.slice(path.length) : quantity.name;
}

// Says without colour which card belongs to this step.
const pointer = (x) => element("text", { x, y: -6, class: "here", "text-anchor": "middle", "aria-hidden": "true" }, "▼");

function mark(card, isNow, label) {
  card.setAttribute("aria-label", label);
  if (isNow) card.setAttribute("aria-current", "step"); else card.removeAttribute("aria-current");
}

// The operation that made a result sits where its operands come in.
function symbol(operation) {
  const half = isRound(operation) ? RADIUS : Math.max(15, 4.1 * operation.symbol.length + 4);
  const x = isDown() ? WIDTH / 2 : isRound(operation) ? -2 : 10 + half, y = isDown() ? -4 : isRound(operation) ? HEIGHT / 2 : HEIGHT + 7;
  const box = isRound(operation) ? element("circle", { cx: x, cy: y, r: half }) : element("rect", { class: "pill", x: x - half, y: y - 10, width: 2 * half, height: 20, rx: 10 });
  return [box, element("text", { x, y, class: "symbol" }, operation.symbol)];
}

function paintBlock(module, at) {
  const results = module.operations.map((i) => operations[i].result), isNow = at.current === `m${module.id}`;
  const done = results.filter((id) => at.known.has(id)).length, complete = results.filter((id) => at.totals.get(id)).length;
  if (!isNew(`m${module.id}`, [done, complete, isNow])) return;
  const card = cards.get(`m${module.id}`);
  card.setAttribute("class", `card block${isNow ? " now" : ""}${done ? "" : " later"}`);
  const many = counted(module.operations.length, "operation"), learned = counted(module.parameters, "parameter");
  mark(card, isNow, `${module.title}, collapsed: ${many}, ${learned}, ${flowing(module)}; ${done} of ${results.length} computed, ${complete} with a gradient. Go to its next step.`);
  const text = (y, words, kind = "") => element("text", { x: 14, y, class: kind }, short(words, 24));
  card.replaceChildren(
    ...(isNow ? [pointer(BLOCK.width / 2)] : []),
    element("title", {}, `${module.path}: ${flowing(module)}`),
    element("rect", { class: "box behind", x: 5, y: 5, width: BLOCK.width, height: BLOCK.height, rx: 9 }),
    element("rect", { class: "box", width: BLOCK.width, height: BLOCK.height, rx: 9 }),
    text(46, `${many}`), text(62, learned), text(78, flowing(module)),
    text(95, `${done}/${results.length} done`, "value"),
    element("text", { x: BLOCK.width - 10, y: 95, class: "gradient", "text-anchor": "end" }, `ḡ ${complete}/${results.length}`),
  );
}
