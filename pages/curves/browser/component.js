// Panels that share one pointer: the table above them shows all values at its α. A click or the keyboard sets the
// current α of all pages. The other files of this folder are loaded before this one.

const state = new WeakMap();

export default function ({ data, parentElement, setStateValue }) {
  const root = parentElement.querySelector(".curves");
  let own = state.get(parentElement);
  const lines = data.lines.map((line) => [line.name, line.split, line.chosen]);
  const shape = JSON.stringify([lines, data.panels.map((panel) => panel.title)]);
  if (!own || own.shape !== shape) {
    root.replaceChildren();
    own = { hidden: new Set(), shape };
    state.set(parentElement, own);
    build(root, own, data);
  }
  own.data = data;
  own.mover.receive([data.alpha], setStateValue);
  own.panels.forEach((panel, i) => drawPanel(panel, data, data.panels[i]));
  refresh(own);
  showAt(own, null);
}

function build(root, own, data) {
  own.readout = buildReadout(root, data, {
    toggle: (i) => {
      if (!own.hidden.delete(i)) own.hidden.add(i);
      refresh(own);
      showAt(own, null);
    },
    emphasise: (i) => emphasise(own, i),
  });
  const grid = element(root, "div", "panels");
  Object.assign(grid, { tabIndex: 0 });
  for (const [name, value] of [["role", "slider"], ["aria-label", "α"], ["aria-valuemin", "0"], ["aria-valuemax", "1"]]) {
    grid.setAttribute(name, value);
  }
  own.grid = grid;
  own.panels = data.panels.map((panel) => buildPanel(grid, panel.title, data.metrics[panel.metric].help));
  const hint = "Point: values at that α. Click, or arrow keys: set α on all pages.";
  own.mover = buildMover(root, hint, ([alpha]) => `α = ${writtenAlpha(alpha)}`, () => showAt(own, null));
  for (const panel of own.panels) {
    panel.plot.onpointermove = (event) => showAt(own, alphaUnder(own, panel, event));
    panel.plot.onpointerleave = () => showAt(own, null);
    panel.plot.onclick = (event) => own.mover.set([alphaUnder(own, panel, event)]);
  }
  grid.onkeydown = (event) => moveByKey(own, event);
}

// The swept α of the selected run, which pointer and keys follow.
const sweptAlphas = (own) => own.data.lines[own.data.reference].alphas;

function alphaUnder(own, panel, event) {
  const box = panel.plot.getBoundingClientRect();
  const alphas = sweptAlphas(own);
  return alphas[nearest(alphas, (event.clientX - box.left) / box.width)];
}

const KEYS = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -10, PageUp: 10, Home: -Infinity, End: Infinity };

function moveByKey(own, event) {
  const move = KEYS[event.key];
  if (move === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  const alphas = sweptAlphas(own);
  const to = Math.min(Math.max(nearest(alphas, own.mover.alphas[0]) + move, 0), alphas.length - 1);
  own.mover.step([alphas[to]]);
}

function showAt(own, pointed) {
  const [current] = own.mover.alphas;
  const alpha = pointed ?? current;
  for (const panel of own.panels) {
    panel.current.style.left = `${100 * current}%`;
    panel.pointed.style.left = `${100 * alpha}%`;
    panel.pointed.hidden = pointed === null;
  }
  drawReadout(own.readout, own.data, alpha, own.hidden, pointed !== null);
  attribute(own.grid, "aria-valuenow", String(current));
  const values = own.data.panels.map(({ title, metric, lines }) => {
    const line = own.data.lines[lines[0]];
    return `${title} ${written(line.values[metric][nearest(line.alphas, current)])}`;
  });
  attribute(own.grid, "aria-valuetext", `${writtenAlpha(current)}: ${values.join(", ")}`);
}

function refresh(own) {
  for (const panel of own.panels) {
    panel.paths.forEach((path, i) => path.classList.toggle("hidden", own.hidden.has(i)));
    for (const mark of panel.marks.children) mark.hidden = own.hidden.has(Number(mark.dataset.line));
  }
}

function emphasise(own, line) {
  const i = own.hidden.has(line) ? null : line;
  for (const panel of own.panels) {
    panel.paths.forEach((path, other) => path.classList.toggle("emphasised", i === other));
    panel.box.classList.toggle("dimmed", i !== null);
  }
}
