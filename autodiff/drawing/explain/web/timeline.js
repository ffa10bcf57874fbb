// Moving about: buttons, keys and the slider; and the beginning.

function render() {
  const at = state(now), step = steps()[now];
  $("scrub").max = steps().length - 1;
  $("scrub").value = now;
  $("scrub").setAttribute("aria-valuetext", `step ${now + 1} of ${steps().length}, ${step.kind}`);
  $("count").textContent = `${now + 1} of ${steps().length} · ${step.kind}`;
  $("warning").hidden = !isNaive();
  paintGraph(at);
  $("panel").replaceChildren(...panels[step.kind](step));
  paintOrder(at);
  paintProgram();
  paintResults(at);
}

function go(to) {
  now = Math.max(0, Math.min(steps().length - 1, to));
  render();
}

function pause() {
  clearInterval(timer);
  timer = null;
  $("play").textContent = "▶ Play";
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
$("predict").addEventListener("change", () => { answered.clear(); render(); });
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
addEventListener("beforeprint", () => { $("all").open = true; });

drawGraph();
paintAll();
render();
