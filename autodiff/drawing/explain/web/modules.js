// Modules: which operations and parameters belong together, and which of them are open. A call of a module is a run of
// consecutive operations in its scope; a module that is called again later stands there twice, so that a collapsed one
// never waits for itself.

const modules = [];
const MOST_CARDS = 40;

function findModules() {
  const open = [];
  for (const operation of operations) {
    const names = operation.scope ? operation.scope.split("/") : [];
    let depth = 0;
    while (depth < open.length && open[depth].name === names[depth]) depth += 1;
    open.length = depth;
    for (; depth < names.length; depth++) {
      const path = names.slice(0, depth + 1).join("/"), before = modules.filter((each) => each.path === path).length;
      const parent = depth ? open[depth - 1].id : null;
      modules.push({
        id: modules.length, path, parent, depth, name: names[depth], kind: (story.kinds || {})[path] || "",
        call: before + 1, operations: [], collapsed: false,
      });
      open.push(modules.at(-1));
    }
    operation.within = open.map((module) => module.id);
    for (const module of open) module.operations.push(operation.id);
  }
  for (const quantity of quantities) quantity.within = home(quantity);
  for (const module of modules) describeModule(module);
}

// Results stand with their operations; parameters and plain numbers in the innermost module that holds all their users.
function home(quantity) {
  if (quantity.operation !== null) return operations[quantity.operation].within;
  if (quantity.role !== "parameter" && (quantity.role !== "constant" || quantity.value.shape.length)) return [];
  const users = operations.filter((operation) => operation.operands.some((each) => each.quantity === quantity.id));
  const shared = (id, depth) => users.every((each) => each.within[depth] === id);
  return users.length ? users[0].within.filter(shared) : [];
}

function describeModule(module) {
  const inside = new Set(module.operations), within = (quantity) => inside.has(quantity.operation);
  const operands = new Set(module.operations.flatMap((i) => operations[i].operands.map((each) => each.quantity)));
  const used = [...operands].map((id) => quantities[id]);
  const results = module.operations.map((i) => quantities[operations[i].result]);
  const leaving = (result) => result.role === "loss" || operations.some((operation) =>
    !inside.has(operation.id) && operation.operands.some((operand) => operand.quantity === result.id));
  module.parameters = used.filter((each) => each.role === "parameter").reduce((n, each) => n + size(each.value), 0);
  module.inputs = used.filter((each) => !within(each) && !each.within.includes(module.id) && each.role !== "parameter");
  module.outputs = results.filter(leaving);
  const kind = module.kind && module.kind !== module.name ? `: ${module.kind}` : "";
  module.title = `${module.name}${kind}${module.call > 1 ? `, call ${module.call}` : ""}`;
}

const size = (shown) => shown.shape.reduce((a, b) => a * b, 1);
const counted = (n, what) => `${n.toLocaleString("en")} ${what}${n === 1 ? "" : "s"}`;
const shapes = (list) => [...new Set(list.map((each) => tuple(each.value.shape)))].join(", ") || "–";
const flowing = (module) => `${shapes(module.inputs)} → ${shapes(module.outputs)}`;

// What stands for a quantity in the visible graph: itself, or the outermost collapsed module that holds it.
function standIn(quantity) {
  const block = quantity.within.find((id) => modules[id].collapsed);
  return block === undefined ? `q${quantity.id}` : `m${block}`;
}

const isVisible = (module) => module.parent === null || (!modules[module.parent].collapsed && isVisible(modules[module.parent]));

function collapseTo(depth) {
  for (const module of modules) module.collapsed = module.depth >= depth;
}

// As many levels open as leave no more cards than can be overlooked.
function collapseToFit() {
  for (let depth = Math.max(0, ...modules.map((module) => module.depth + 1)); depth >= 0; depth--) {
    collapseTo(depth);
    if (new Set(quantities.map(standIn)).size <= MOST_CARDS) return;
  }
}
