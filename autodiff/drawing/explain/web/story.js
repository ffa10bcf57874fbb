// The story, and what of it is known at a step. Everything shown was computed by the engine and stands in the story;
// the page only chooses what to show when.

const story = JSON.parse(document.getElementById("story").textContent);
const $ = (id) => document.getElementById(id);
const { quantities, operations } = story;
const isNaive = () => $("naive").checked;
const forward = story.steps.filter((s) => s.kind === "forward");
const engine = story.steps;
const naive = [...forward, ...story.naive];
const steps = () => (isNaive() ? naive : engine);
const answered = new Set();
let now = 0, timer = null;

function state(at) {
  const known = new Set(quantities.filter((q) => q.operation === null).map((q) => q.id));
  const totals = new Map(), arrived = new Map(), senders = new Set(), sent = new Set();
  steps().slice(0, at + 1).forEach((s, i) => {
    if (s.kind === "forward") known.add(s.quantity);
    if (s.kind === "seed" || s.kind === "message") totals.set(s.quantity, i === at && hidden(at) ? null : s.total);
    if (s.kind === "message") {
      arrived.set(s.quantity, (arrived.get(s.quantity) || 0) + 1);
      senders.add(operations[s.operation].result);
      sent.add(`${s.operation}:${s.argument}`);
    }
  });
  return { known, totals, arrived, senders, sent };
}

// A gradient without elements is no question.
const hidden = (at) => $("predict").checked && steps()[at].kind === "message" && steps()[at].total.rows.length > 0 && !answered.has(`${isNaive()}:${at}`);
