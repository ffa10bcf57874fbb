// The graph: a card for each quantity, a line for each operand.

const WIDTH = 138, HEIGHT = 84;
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
