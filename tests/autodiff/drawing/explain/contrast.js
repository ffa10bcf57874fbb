// WCAG 2.2's contrast, from computed styles: of every text with what is painted behind it, and of every line that says
// something. Colours may be translucent; what lies behind is found through the ancestors, in the graph through the boxes.
() => {
  const parse = (text) => { const n = text.match(/[\d.]+/g).map(Number); return [n[0], n[1], n[2], n[3] ?? 1]; };
  const over = (a, b) => [0, 1, 2].map((i) => a[3] * a[i] + (1 - a[3]) * b[i]).concat(1);
  const light = (c) => { const [r, g, b] = c.map((x) => x / 255).map((x) => (x <= 0.04045 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
  const ratio = (a, b) => { const [x, y] = [light(a), light(b)].sort((p, q) => q - p); return (x + 0.05) / (y + 0.05); };
  const fill = (e) => { const s = getComputedStyle(e), c = parse(s.fill === 'none' ? 'rgba(0, 0, 0, 0)' : s.fill); c[3] *= Number(s.fillOpacity); return c; };
  const paper = (e) => {
    const layers = [];
    for (let at = e; at; at = at.parentElement) {
      if (at.closest('#graph') && at.localName !== 'svg') {
        for (const box of at.parentElement.querySelectorAll(':scope > rect, :scope > circle')) {
          const a = box.getBoundingClientRect(), b = e.getBoundingClientRect(), x = (b.left + b.right) / 2, y = (b.top + b.bottom) / 2;
          if (a.left < x && x < a.right && a.top < y && y < a.bottom && box !== e) layers.unshift(fill(box));
        }
      } else layers.push(parse(getComputedStyle(at).backgroundColor));
    }
    return layers.reverse().reduce((below, layer) => over(layer, below), [255, 255, 255, 1]);
  };
  const found = [];
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const text = texts.currentNode.data.trim(), e = texts.currentNode.parentElement;
    if (!text || e.closest('script, title, noscript, option, .unseen, .skip, #strips, [disabled]') || !e.checkVisibility()) continue;
    const s = getComputedStyle(e), size = parseFloat(s.fontSize), large = size >= 24 || (size >= 18.66 && Number(s.fontWeight) >= 700);
    const behind = paper(e), ink = e.closest('svg') ? fill(e) : parse(s.color);
    let opacity = 1; for (let at = e; at; at = at.parentElement) opacity *= Number(getComputedStyle(at).opacity);
    ink[3] *= opacity;
    found.push({ what: `text ${text.slice(0, 30)}`, kind: e.getAttribute('class'), ratio: ratio(over(ink, behind), behind), needs: large ? 3 : 4.5 });
  }
  for (const e of document.querySelectorAll('#graph .edge, #graph .box:not(.behind), #graph .outer, #graph .frame, #graph circle, button, select, input[type=text]')) {
    if (!e.checkVisibility() || e.disabled) continue;
    const svg = e.closest('#graph'), s = getComputedStyle(e);
    const behind = svg ? paper(svg) : paper(e.parentElement), line = parse(svg ? s.stroke : s.borderTopColor);
    found.push({ what: `line ${e.localName} ${e.getAttribute('class') || e.id}`, ratio: ratio(over(line, behind), behind), needs: 3 });
  }
  return found;
}
