// The graph: frames around open modules, lines for operands, cards. It is laid out again whenever another part of it
// becomes visible; a step only paints what it changes.

const edges = new Map();
const PAGE = 860;
const narrow = matchMedia("(max-width: 44rem)"), paper = matchMedia("print");
let printing = false;
const isDown = () => narrow.matches || printing;
const turned = ([along, across]) => (isDown() ? [across, along] : [along, across]);

function visibleGraph() {
  const shown = quantities.filter((each) => standIn(each) === `q${each.id}`).map(asCard);
  for (const module of modules) if (module.collapsed && isVisible(module)) shown.push(asBlock(module));
  const lines = new Map();
  for (const operation of operations) {
    operation.operands.forEach((operand, argument) => {
      const from = standIn(quantities[operand.quantity]), to = standIn(quantities[operation.result]);
      const twice = operation.operands.some((each, i) => i !== argument && each.quantity === operand.quantity);
      const aim = to[0] === "q" ? (argument - (operation.operands.length - 1) / 2) * (twice ? 18 : 9) : 0;
      const key = `${from} ${to} ${aim}`;
      if (from === to) return;
      if (!lines.has(key)) lines.set(key, { from, to, aim, carries: [] });
      lines.get(key).carries.push(`${operation.id}:${argument}`);
    });
  }
  return [shown, [...lines.values()]];
}

// What the operation's symbol takes beside a card belongs to its size, so that no line and no card comes too near.
function asCard(quantity) {
  const operation = quantity.operation === null ? null : operations[quantity.operation];
  const extra = operation === null ? [0, 0] : isDown() ? [18, 0] : isRound(operation) ? [16, 0] : [0, 18];
  const [wide, tall] = [WIDTH, HEIGHT], inner = isDown() ? [tall, wide] : [wide, tall];
  return { id: `q${quantity.id}`, along: inner[0] + extra[0], across: inner[1] + extra[1], lead: extra[0], within: frames(quantity.within), quantity };
}

function asBlock(module) {
  const [along, across] = turned([BLOCK.width + 5, BLOCK.height + 5]);
  return { id: `m${module.id}`, along, across, lead: 0, within: frames(ancestors(module)), module };
}

const ancestors = (module) => (module.parent === null ? [] : [...ancestors(modules[module.parent]), module.parent]);
const frames = (ids) => ids.map((id) => `f${id}`);
const caption = (module) => `${module.title}${module.parameters ? ` · ${module.parameters.toLocaleString("en")} params` : ""}`;

function drawGraph() {
  const [shown, lines] = visibleGraph();
  const titles = new Map(modules.map((module) => [`f${module.id}`, Math.min(7 * caption(module).length + 44, 250)]));
  const places = layOut(shown, lines, titles, isDown());
  const graph = $("graph"), [width, height] = turned([places.along, places.across]).map(Math.ceil);
  graph.setAttribute("viewBox", `0 0 ${width} ${height}`);
  graph.style.setProperty("--natural", `${width / 16}rem`);
  document.querySelector("main").classList.toggle("wide", width > 900);
  cards.clear();
  edges.clear();
  painted.clear();
  const tip = element("marker", { id: "tip", viewBox: "0 0 10 10", refX: 8, refY: 5, markerWidth: 4.5, markerHeight: 4.5, orient: "auto-start-reverse" }, element("path", { d: "M0 0L10 5L0 10z" }));
  const drawn = element("g", { id: "drawn" }, ...places.frames.map(frameOf));
  graph.replaceChildren(element("defs", {}, tip), drawn);
  lines.forEach((line, i) => {
    const path = element("path", { class: "edge", d: route(reaching(places.routes[i], line)) });
    edges.set(path, line.carries);
    drawn.append(path);
  });
  // The order of the keyboard is the one of the eye: along the graph, a frame before what stands in it.
  const focusable = [...shown.map((card) => [places.cards.get(card.id), card]), ...places.frames.map((frame) => [frame.at, frame])];
  focusable.sort(([a], [b]) => a[0] - b[0] || a[1] - b[1]);
  for (const [at, each] of focusable) drawn.append(each.within ? cardOf(each, at) : titleOf(modules[each.id.slice(1)], at, turned([each.along, each.across])[0]));
  drawStrips(width, height, shown.map((card) => [places.cards.get(card.id)[0], places.cards.get(card.id)[0] + card.along]));
}

// On paper a graph longer than a page goes on, at its own size, on the next one; it is cut between cards.
function drawStrips(width, height, taken) {
  const strips = [];
  for (let start = 0; printing && start < height; start = strips.at(-1)[1]) {
    let end = Math.min(start + PAGE, height);
    const crosses = () => taken.filter(([a, b]) => a - 8 < end && end < b).map(([a]) => a - 8);
    if (end < height) while (crosses().length && Math.min(...crosses()) > start) end = Math.min(...crosses());
    strips.push([start, end]);
  }
  const long = strips.length > 1;
  $("strips").replaceChildren(...(long ? strips : []).map(([start, end]) => element("svg", {
    viewBox: `0 ${start} ${width} ${end - start}`, style: `--natural: ${width / 16}rem`, "aria-hidden": "true",
  }, element("use", { href: "#drawn" }))));
  $("graph").classList.toggle("long", long);
}

function frameOf(frame) {
  const [x, y] = turned(frame.at), [width, height] = turned([frame.along, frame.across]);
  return element("rect", { class: "frame", x, y, width, height, rx: 12 });
}

function cardOf(card, at) {
  const [x, y] = turned([at[0] + card.lead, at[1]]);
  const box = element("g", { tabindex: 0, role: "button", transform: `translate(${x} ${y})` });
  cards.set(card.id, box);
  pressed(box, () => visit(card.id));
  if (!card.module) return box;
  return element("g", {}, box, titleOf(card.module, at, BLOCK.width));
}

// The button that collapses and expands a module, with its name.
function titleOf(module, at, width) {
  const [x, y] = turned(at), most = Math.floor((width - 40) / 7), words = module.collapsed ? module.title : caption(module);
  const label = `Module ${module.title}, ${counted(module.operations.length, "operation")}, ${counted(module.parameters, "parameter")}`;
  const button = element("g", { class: "title", tabindex: 0, role: "button", "aria-expanded": String(!module.collapsed), "aria-label": label, "data-module": module.path, "data-call": module.call, transform: `translate(${x + 7} ${y + 6})` },
    element("title", {}, `${module.path}: ${module.collapsed ? "expand" : "collapse"}`),
    element("rect", { width: Math.min(7 * words.length + 28, width - 14), height: 20, rx: 5 }),
    element("text", { x: 5, y: 14 }, `${module.collapsed ? "▸" : "▾"} ${short(words, most)}`));
  pressed(button, () => toggle(module));
  return button;
}

function pressed(box, act) {
  box.addEventListener("click", act);
  box.addEventListener("keydown", (event) => {
    if (event.key === "Enter" || event.key === " ") { event.preventDefault(); event.stopPropagation(); act(); }
  });
}

function toggle(module) {
  module.collapsed = !module.collapsed;
  redraw();
  [...$("graph").querySelectorAll(".title")].find((each) => each.dataset.module === module.path && each.dataset.call === String(module.call))?.focus();
}

function redraw() {
  drawGraph();
  paintGraph(state(now));
  showStep();
}

// A line that aims beside the middle of a circle goes on until it touches it.
function reaching(points, line) {
  const quantity = line.to[0] === "q" ? quantities[line.to.slice(1)] : null, [along, across] = points.at(-1);
  const isAside = quantity !== null && isRound(operations[quantity.operation]) && Math.abs(line.aim) < RADIUS;
  return isAside ? [...points, [along + RADIUS - Math.sqrt(RADIUS ** 2 - line.aim ** 2), across]] : points;
}

function route(points) {
  const places = points.map((point) => turned(point).map((x) => Math.round(10 * x) / 10));
  let path = `M${places[0].join(" ")}`;
  for (let i = 1; i < places.length; i++) {
    const [x0, y0] = places[i - 1], [x1, y1] = places[i];
    if (x0 === x1 && y0 === y1) continue;
    const bend = isDown() ? [x0, (y0 + y1) / 2, x1, (y0 + y1) / 2] : [(x0 + x1) / 2, y0, (x0 + x1) / 2, y1];
    path += (isDown() ? x0 === x1 : y0 === y1) ? `L${x1} ${y1}` : `C${bend.join(" ")} ${x1} ${y1}`;
  }
  return path;
}

function visit(id) {
  const about = steps().map((step, i) => (standIn(quantities[step.quantity]) === id ? i : -1)).filter((i) => i >= 0);
  if (about.length) go(about.find((i) => i > now) ?? about[0]);
}

function paintGraph(at) {
  const step = steps()[now];
  at.current = standIn(quantities[step.quantity]);
  for (const id of cards.keys()) {
    if (id[0] === "q") paintCard(quantities[id.slice(1)], at); else paintBlock(modules[id.slice(1)], at);
  }
  for (const [edge, carries] of edges) {
    const flows = step.kind === "message" && carries.includes(`${step.operation}:${step.argument}`);
    const used = step.kind === "forward" && carries.some((key) => key.startsWith(`${step.operation}:`));
    const kind = `edge${flows ? " flow" : used ? " used" : carries.some((key) => at.sent.has(key)) ? " sent" : ""}`;
    if (edge.getAttribute("class") === kind) continue;
    edge.setAttribute("class", kind);
    if (flows) edge.setAttribute("marker-start", "url(#tip)"); else edge.removeAttribute("marker-start");
  }
}

// Once everything is painted, so that the browser lays the page out once a step.
function showStep() {
  show($("graph").querySelector(".card.now"), $("graph").parentElement);
  const row = $("order").querySelector("tr.now");
  if (row) show(row, $("order").parentElement);
}

// Scroll a box, and not the page, until what belongs to this step is in sight.
function show(card, box) {
  const outer = box.getBoundingClientRect(), inner = card.getBoundingClientRect();
  if (inner.left < outer.left || inner.right > outer.right) box.scrollLeft += (inner.left + inner.right - outer.left - outer.right) / 2;
  if (inner.top < outer.top || inner.bottom > outer.bottom) box.scrollTop += (inner.top + inner.bottom - outer.top - outer.bottom) / 2;
}
