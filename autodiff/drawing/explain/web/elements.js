// Building blocks: numbers, arrays and formulas as elements. Texts from the user's program enter the page as text nodes
// alone.

const SVG = "http://www.w3.org/2000/svg", MATH = "http://www.w3.org/1998/Math/MathML";

function element(name, attributes = {}, ...children) {
  const svg = ["svg", "g", "rect", "circle", "path", "text", "defs", "marker", "title", "use"].includes(name);
  const made = svg ? document.createElementNS(SVG, name) : document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) if (value !== null) made.setAttribute(key, value);
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

const number = (x) => (typeof x === "string" ? x : String(Number(x.toPrecision(6))).replace("-", "−"));
const sum = (x) => (number(x).startsWith("−") ? `(${number(x)})` : number(x));
const isScalar = (shown) => shown.shape.length === 0;
const only = (shown) => shown.rows[0][0];
const shape = (shown) => (isScalar(shown) ? "scalar" : shown.shape.join(" × "));
const tuple = (sizes) => `(${sizes.join(", ")}${sizes.length === 1 ? "," : ""})`;
const bar = (quantity) => `∂L/∂${quantity.name}`;

function matrix(rows, label) {
  const body = rows.map((row) => element("tr", {}, ...row.map((x) => element("td", {}, number(x)))));
  return element("div", { class: "scroll" }, element("table", { class: "numbers", "aria-label": label }, element("tbody", {}, ...body)));
}

function array(shown, label, attributes = {}) {
  const box = element("div", attributes, matrix(shown.rows, label));
  if (!isScalar(shown)) box.append(element("p", { class: "note" }, `shape ${tuple(shown.shape)}, ${shown.dtype}${shown.note ? `; ${shown.note}` : ""}`));
  return box;
}

const ALLOWED = new Set(["math", "mrow", "mi", "mn", "mo", "mtext", "msup", "msub", "msubsup", "mfrac", "msqrt", "mroot", "mover", "munder", "munderover", "mspace", "mtable", "mtr", "mtd", "mstyle", "mfenced"]);
function mathematics(text) {
  const parsed = new DOMParser().parseFromString(`<math xmlns="${MATH}">${text}</math>`, "application/xml");
  const copy = (node) => {
    if (node.nodeType === Node.TEXT_NODE) return document.createTextNode(node.data);
    if (node.nodeType !== Node.ELEMENT_NODE || !ALLOWED.has(node.localName)) return null;
    const made = document.createElementNS(MATH, node.localName);
    for (const key of ["stretchy", "accent", "mathvariant", "linethickness"]) if (node.hasAttribute(key)) made.setAttribute(key, node.getAttribute(key));
    made.append(...[...node.childNodes].map(copy).filter((each) => each !== null));
    return settled(made);
  };
  return parsed.querySelector("parsererror") ? null : copy(parsed.documentElement);
}

// Parentheses grow around fractions alone, and factors that stand side by side keep a little room between them.
function settled(made) {
  if (!["math", "mrow"].includes(made.localName)) return made;
  const isTall = made.querySelector("mfrac, mtable, munderover") !== null;
  for (const part of made.children) {
    if (part.localName !== "mo") continue;
    if ("()[]".includes(part.textContent) && !isTall) part.setAttribute("stretchy", "false");
    if (part.textContent === "\u2062") part.setAttribute("rspace", "0.22em");
  }
  return made;
}

const formula = (text, kind = "") => element("p", { class: `formula ${kind}` }, text);
const heading = (text) => element("h3", {}, text);
