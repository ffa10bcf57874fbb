// Where cards stand: in layers from operands to results, ordered so that few lines cross, the cards of a module together
// in its frame. Every frame is laid out by itself and then stands in the one around it like a large card, with ports on
// its sides for the lines that come in and go out; so frames cannot overlap what is not theirs.
//
// Layers, dummies on long lines and barycentres: Sugiyama, Tagawa and Toda, "Methods for visual understanding of
// hierarchical system structures", 1981. The places within layers are a least-squares fit that keeps the order: Ayer,
// Brunk, Ewing, Reid and Silverman, "An empirical distribution function for sampling with incomplete information", 1955.
//
// "Along" is the way from operands to results, "across" the other: x and y where the graph runs right, y and x where it
// runs down. The same graph always gets the same places.

const GAP = { layers: 48, cards: 24, lines: 12, frame: 26, padding: 14, header: 28 };

// cards: {id, along, across, port, within: [frame, …]}; lines: {from, to, aim}, where `aim` says how far across from the
// middle of its card a line ends; titles: how long the title of each frame is. Returns the places of cards and frames, and the points of every line.
function layOut(cards, lines, titles, headerAlong) {
  const frames = new Map([["", { id: "", within: [] }]]), inside = new Map([["", []]]);
  for (const card of cards) {
    card.within.forEach((id, depth) => {
      if (frames.has(id)) return;
      frames.set(id, { id, within: card.within.slice(0, depth) });
      inside.set(id, []);
      inside.get(card.within[depth - 1] ?? "").push(frames.get(id));
    });
    inside.get(card.within.at(-1) ?? "").push(card);
  }
  const paths = new Map(cards.map((card) => [card.id, ["", ...card.within, card.id]]));
  const boxes = new Map();
  const build = (frame) => {
    for (const child of inside.get(frame.id)) if (frames.has(child.id)) build(child);
    boxes.set(frame.id, container(frame, inside.get(frame.id), lines, paths, boxes, titles.get(frame.id) || 0, headerAlong));
  };
  build(frames.get(""));
  return placed(frames, boxes, lines, paths);
}

// The inside of one frame: its size, the places of what stands in it, its ports, and the pieces of lines within it.
function container(frame, children, lines, paths, boxes, title, headerAlong) {
  const depth = frame.id === "" ? 0 : frame.within.length + 1, nodes = new Map(), links = new Map();
  for (const child of children) {
    const box = boxes.get(child.id);
    nodes.set(child.id, { id: child.id, along: (box || child).along, across: (box || child).across, box, links: [] });
  }
  const pieces = new Map();
  lines.forEach((line, index) => {
    const [from, to] = [line.from, line.to].map((id) => (paths.get(id)[depth] === frame.id ? paths.get(id)[depth + 1] : null));
    if ((from === null && to === null) || from === to) return;
    const source = from ?? port(nodes, `in ${line.from}`), target = to ?? port(nodes, `out ${line.from}`);
    const key = `${source} ${line.from} ${target} ${to !== null && !boxes.has(to) ? line.aim : ""}`;
    if (!links.has(key)) {
      const leaves = boxes.get(source)?.ports.get(`out ${line.from}`) ?? nodes.get(source).across / 2;
      const meets = boxes.get(target)?.ports.get(`in ${line.from}`) ?? nodes.get(target).across / 2 + (to !== null ? line.aim : 0);
      // What the places are wished by: the middle of a card, since an aim at every step would make a long chain drift.
      const straight = boxes.has(target) || to === null ? meets : meets - line.aim;
      links.set(key, { from: source, to: target, leaves, meets, straight });
    }
    pieces.set(index, links.get(key));
  });
  const layers = layered(nodes, [...links.values()]);
  order(layers);
  settle(layers);
  return measure(frame, layers, nodes, pieces, title, headerAlong);
}

function port(nodes, id) {
  if (!nodes.has(id)) nodes.set(id, { id, along: 0, across: GAP.lines, port: id.split(" ")[0], links: [] });
  return id;
}

// A node stands after all that it needs, what needs nothing just before the first that uses it; dummies on long links.
function layered(nodes, links) {
  const before = new Map([...nodes.keys()].map((id) => [id, []])), after = new Map([...nodes.keys()].map((id) => [id, []]));
  for (const link of links) { before.get(link.to).push(nodes.get(link.from)); after.get(link.from).push(nodes.get(link.to)); }
  const place = (node) => {
    if (node.layer === undefined) {
      const below = before.get(node.id).filter((each) => !each.port).map(place);
      node.layer = node.port === "in" ? 0 : Math.max(0, ...below) + 1;
    }
    return node.layer;
  };
  for (const node of nodes.values()) place(node);
  const last = Math.max(0, ...[...nodes.values()].filter((node) => !node.port).map((node) => node.layer)) + 1;
  for (const node of nodes.values()) if (node.port === "out") node.layer = last;
  for (const node of nodes.values()) {
    node.free = !node.port && before.get(node.id).length === 0;
    if (node.free && after.get(node.id).length) node.layer = Math.min(...after.get(node.id).map((each) => each.layer)) - 1;
  }
  const layers = Array.from({ length: last + 1 }, () => []);
  for (const node of nodes.values()) layers[node.layer].push(node);
  for (const link of links) {
    link.chain = [nodes.get(link.from)];
    for (let layer = link.chain[0].layer + 1; layer < nodes.get(link.to).layer; layer++) {
      link.chain.push({ dummy: true, along: 0, across: GAP.lines, layer, links: [] });
      layers[layer].push(link.chain.at(-1));
    }
    link.chain.push(nodes.get(link.to));
    for (let i = 1; i < link.chain.length; i++) {
      const [a, b] = [link.chain[i - 1], link.chain[i]];
      const joint = { a, b, leaves: a.dummy ? a.across / 2 : link.leaves, meets: b.dummy ? b.across / 2 : link.meets, straight: b.dummy ? b.across / 2 : link.straight };
      a.links.push(joint);
      b.links.push(joint);
    }
  }
  return layers;
}

// Move each node to the mean place of its neighbours, to and fro, and keep the order with the fewest crossings.
function order(layers) {
  const number = () => layers.forEach((layer) => layer.forEach((node, i) => { node.rank = i; }));
  number();
  let best = layers.map((layer) => [...layer]), fewest = crossings(layers);
  for (let sweep = 0; sweep < 12 && fewest > 0; sweep++) {
    const onward = sweep % 2 === 0;
    for (const layer of onward ? layers : [...layers].reverse()) {
      for (const node of layer) {
        const near = node.links.filter((joint) => (onward ? joint.b : joint.a) === node);
        const height = (joint) => (onward ? joint.a.rank + joint.leaves / (joint.a.across + 1) : joint.b.rank + joint.meets / (joint.b.across + 1));
        node.centre = near.length ? near.map(height).reduce((a, b) => a + b) / near.length : node.rank + 0.5;
      }
      layer.sort((a, b) => a.centre - b.centre || a.rank - b.rank);
      layer.forEach((node, i) => { node.rank = i; });
    }
    const count = crossings(layers);
    if (count < fewest) [best, fewest] = [layers.map((layer) => [...layer]), count];
  }
  best.forEach((layer, i) => { layers[i] = layer; });
  number();
}

function crossings(layers) {
  let count = 0;
  for (const layer of layers) {
    const ends = layer.flatMap((node) => node.links.filter((joint) => joint.a === node).map((joint) =>
      [node.rank + joint.leaves / (node.across + 1), joint.b.rank + joint.meets / (joint.b.across + 1)]));
    ends.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
    for (let i = 0; i < ends.length; i++) for (let j = 0; j < i; j++) if (ends[j][0] < ends[i][0] && ends[j][1] > ends[i][1]) count += 1;
  }
  return count;
}

const room = (a, b) => (a.dummy || b.dummy || a.port || b.port ? GAP.lines : GAP.cards);

// The way of the data is drawn straight, and what feeds it from aside gives way.
const pull = (joint) => (joint.a.free ? 0.1 : 8);

// The places across: each node as near to its neighbours as the order and the sizes allow, so that long lines are straight.
function settle(layers) {
  for (const layer of layers) {
    let at = 0;
    layer.forEach((node, i) => { node.place = at + (i ? room(layer[i - 1], node) : 0); at = node.place + node.across; });
    for (const node of layer) node.place -= at / 2;
  }
  for (let sweep = 0; sweep < 14; sweep++) {
    const last = sweep >= 12, onward = sweep % 2 === 0;
    for (const layer of onward ? layers : [...layers].reverse()) {
      fit(layer, layer.map((node) => {
        const near = node.links.filter((joint) => last || (onward ? joint.b : joint.a) === node);
        const weight = near.reduce((sum, joint) => sum + pull(joint), 0);
        const wish = (joint) => (joint.b === node ? joint.a.place + joint.leaves - joint.straight : joint.b.place + joint.straight - joint.leaves);
        return weight ? [near.reduce((sum, joint) => sum + pull(joint) * wish(joint), 0) / weight, weight] : [node.place, 0.05];
      }));
    }
  }
}

// Pool adjacent violators: the places nearest to the wished ones that keep the order and the room between neighbours.
function fit(layer, wishes) {
  const pools = [], offsets = [];
  layer.forEach((node, i) => {
    offsets.push(i ? offsets[i - 1] + layer[i - 1].across + room(layer[i - 1], node) : 0);
    pools.push({ mean: wishes[i][0] - offsets[i], weight: wishes[i][1], count: 1 });
    while (pools.length > 1 && pools.at(-2).mean > pools.at(-1).mean) {
      const b = pools.pop(), a = pools.at(-1), weight = a.weight + b.weight;
      a.mean = (a.mean * a.weight + b.mean * b.weight) / weight;
      a.weight = weight;
      a.count += b.count;
    }
  });
  let i = 0;
  for (const pool of pools) for (let n = 0; n < pool.count; n++, i++) layer[i].place = pool.mean + offsets[i];
}

// Sizes and starts of the layers; then the points of every piece of line, from the end of one card to the next.
function measure(frame, layers, nodes, pieces, title, headerAlong) {
  const own = frame.id !== "", all = layers.flat(), starts = [], widths = [];
  const header = own ? GAP.header : 0, padding = GAP.padding;
  const top = Math.min(...all.map((node) => node.place)) - padding - (headerAlong ? 0 : header);
  let at = own && headerAlong ? header : 0;
  layers.forEach((layer, i) => {
    widths.push(Math.max(0, ...layer.map((node) => node.along)));
    starts.push(at);
    at += widths[i] + (i === 0 || i === layers.length - 2 ? GAP.frame : GAP.layers);
  });
  const last = layers.length - 1;
  if (!headerAlong) starts[last] = Math.max(starts[last], title);
  for (const node of all) {
    node.across0 = node.place - top;
    const spare = widths[node.layer] - node.along;
    node.along0 = starts[node.layer] + (node.free ? spare : spare / 2);
    if (own && headerAlong && node.port === "in") node.along0 = 0;
  }
  const along = starts[last], reach = Math.max(...all.map((node) => node.across0 + node.across)) + padding;
  const across = headerAlong ? Math.max(reach, title) : reach;
  const ports = new Map(all.filter((node) => node.port).map((node) => [node.id, node.across0 + node.across / 2]));
  const points = new Map([...pieces].map(([index, link]) => [index, through(link, starts, widths)]));
  const places = new Map([...nodes.values()].filter((node) => !node.port).map((node) => [node.id, [node.along0, node.across0]]));
  return { along, across, ports, places, points };
}

function through(link, starts, widths) {
  const source = link.chain[0], target = link.chain.at(-1), points = [];
  const add = (along, across) => { const end = points.at(-1); if (!end || end[0] !== along || end[1] !== across) points.push([along, across]); };
  add(source.along0 + source.along, source.across0 + link.leaves);
  if (!source.port) add(starts[source.layer] + widths[source.layer], source.across0 + link.leaves);
  for (const node of link.chain.slice(1, -1)) {
    add(starts[node.layer], node.across0 + node.across / 2);
    add(starts[node.layer] + widths[node.layer], node.across0 + node.across / 2);
  }
  if (!target.port) add(starts[target.layer], target.across0 + link.meets);
  add(target.along0, target.across0 + link.meets);
  return points;
}

// From places within frames to places on the page, and from pieces to whole lines.
function placed(frames, boxes, lines, paths) {
  const corners = new Map([["", [0, 0]]]), cards = new Map(), outer = [];
  const visit = (id) => {
    const [along, across] = corners.get(id);
    for (const [child, [a, b]] of boxes.get(id).places) {
      const corner = [along + a, across + b];
      if (!frames.has(child)) { cards.set(child, corner); continue; }
      corners.set(child, corner);
      outer.push({ id: child, at: corner, along: boxes.get(child).along, across: boxes.get(child).across });
      visit(child);
    }
  };
  visit("");
  const routes = lines.map((line, index) => {
    const up = paths.get(line.from).slice(0, -1).reverse(), down = paths.get(line.to).slice(0, -1);
    const within = [...new Set([...up, ...down])].filter((id) => boxes.get(id).points.has(index));
    const shared = (id) => up.includes(id) && down.includes(id);
    const sequence = [...up.filter((id) => !shared(id)), ...within.filter(shared), ...down.filter((id) => !shared(id))];
    return sequence.flatMap((id) => boxes.get(id).points.get(index).map(([a, b]) => [a + corners.get(id)[0], b + corners.get(id)[1]]));
  });
  return { cards, frames: outer, routes, along: boxes.get("").along, across: boxes.get("").across };
}
