// Moving about: buttons, keys and the slider; and the beginning.

function render() {
  const at = state(now), step = steps()[now];
  $("scrub").max = steps().length - 1;
  $("scrub").value = now;
  $("scrub").setAttribute("aria-valuetext", `${now + 1} of ${steps().length}`);
  $("count").textContent = `${now + 1} of ${steps().length} · ${step.kind}`;
  $("warning").hidden = !isNaive();
  paintGraph(at);
  const panel = $("panel"), hadFocus = panel.contains(document.activeElement);
  panel.replaceChildren(...panels[step.kind](step));
  if (hadFocus) panel.focus({ preventScroll: true });
  if (timer === null) announce(step);
  paintOrder(at);
  paintProgram();
  paintResults(at);
  showStep();
}

// Said once by screen readers: what happens and what comes of it. While it plays, steps would come faster than words.
function announce(step) {
  const says = `${$("panel").querySelector("h2").textContent}: ${hidden(now) ? "what is the gradient?" : describe(step)[2]}`;
  if ($("announcement").textContent !== says) $("announcement").textContent = says;
}

function go(to) {
  now = Math.max(0, Math.min(steps().length - 1, to));
  render();
}

function pause() {
  clearInterval(timer);
  timer = null;
  $("play").textContent = "▶ Play";
  announce(steps()[now]);
}

function play() {
  if (timer !== null) return pause();
  if (now === steps().length - 1) go(0);
  $("play").textContent = "⏸ Pause";
  timer = setInterval(() => {
    if (hidden(now) || now === steps().length - 1) return pause();
    go(now + 1);
    if (now === steps().length - 1) pause();
  }, Number($("speed").value));
}

$("first").addEventListener("click", () => go(0));
$("back").addEventListener("click", () => go(now - 1));
$("play").addEventListener("click", play);
$("forward").addEventListener("click", () => go(now + 1));
$("last").addEventListener("click", () => go(steps().length - 1));
$("scrub").addEventListener("input", () => go(Number($("scrub").value)));
$("speed").addEventListener("change", () => { if (timer !== null) { pause(); play(); } });
$("predict").addEventListener("change", () => { answered.clear(); paintAll(); render(); });
$("naive").addEventListener("change", () => { const first = forward.length; paintAll(); go(now >= first ? first : now); });
$("theme").addEventListener("click", () => {
  const dark = matchMedia("(prefers-color-scheme: dark)").matches, set = document.documentElement.dataset.theme || (dark ? "dark" : "light");
  document.documentElement.dataset.theme = set === "dark" ? "light" : "dark";
});
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input:not([type=checkbox]), select, textarea")) return;
  const moves = { ArrowRight: () => go(now + 1), ArrowLeft: () => go(now - 1), Home: () => go(0), End: () => go(steps().length - 1) };
  if (event.key === " " && !event.target.closest("button, summary, input, [role=button]")) moves[" "] = play;
  if (moves[event.key]) { event.preventDefault(); moves[event.key](); }
});
$("expand").addEventListener("click", () => { for (const module of modules) module.collapsed = false; redraw(); });
$("collapse").addEventListener("click", () => { collapseTo(0); redraw(); });
narrow.addEventListener("change", redraw);

// On paper the graph runs down the page, and everything that a click would open is open.
let opened = [];
function toPaper(on) {
  if (on === printing) return;
  printing = on;
  if (on) opened = [...document.querySelectorAll("details:not([open])")];
  for (const details of opened) details.open = on;
  redraw();
}
addEventListener("beforeprint", () => toPaper(true));
addEventListener("afterprint", () => toPaper(paper.matches));
paper.addEventListener("change", () => toPaper(paper.matches));

findModules();
collapseToFit();
$("expand").hidden = $("collapse").hidden = modules.length === 0;
drawGraph();
paintAll();
render();
