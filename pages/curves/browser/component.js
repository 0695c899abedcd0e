// Six panels that share one pointer: the table above them shows all values at its α. A click or the keyboard sets the
// current α of all pages. The other files of this folder are loaded before this one.

const state = new WeakMap();
const SETTLED = 500; // ms after the last key before α is set

export default function ({ data, parentElement, setStateValue }) {
  const root = parentElement.querySelector(".curves");
  let own = state.get(parentElement);
  const shape = JSON.stringify(data.lines.map((line) => [line.run, line.split, line.chosen]));
  if (!own || own.shape !== shape) {
    root.replaceChildren();
    own = { hidden: own ? own.hiddenNames : new Set(), shape, undo: null, waiting: null };
    state.set(parentElement, own);
    build(root, own, data);
  }
  own.data = data;
  own.send = (alpha) => setStateValue("moved", { alphas: [alpha], settled: true, time: Date.now() });
  if (own.alpha === undefined || own.sent !== undefined) own.alpha = own.sent ?? data.alpha;
  if (own.sent === data.alpha) own.sent = undefined;
  if (own.sent === undefined) own.alpha = data.alpha;
  own.panels.forEach((panel, k) => drawPanel(panel, data, k));
  refresh(own);
  showAt(own, null);
}

function build(root, own, data) {
  own.hidden = new Set();
  own.hiddenNames = own.hidden;
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
  own.panels = data.labels.map((label, k) => buildPanel(grid, label, data.helps[k]));
  const foot = element(root, "div", "foot");
  own.status = element(foot, "span", "status");
  own.status.setAttribute("role", "status");
  own.undoButton = button(foot, "undo", "", () => own.undo !== null && pick(own, own.undo));
  text(element(foot, "span", "key"), "Point: values at that α. Click, or arrow keys: set α on all pages.");
  for (const panel of own.panels) {
    panel.plot.onpointermove = (event) => showAt(own, alphaUnder(own, panel, event));
    panel.plot.onpointerleave = () => showAt(own, null);
    panel.plot.onclick = (event) => pick(own, alphaUnder(own, panel, event));
  }
  grid.onkeydown = (event) => moveByKey(own, event);
}

function alphaUnder(own, panel, event) {
  const box = panel.plot.getBoundingClientRect();
  const { alphas } = own.data.lines[0];
  return alphas[nearest(alphas, (event.clientX - box.left) / box.width)];
}

function pick(own, alpha) {
  if (alpha === own.alpha) return;
  own.undo = own.before ?? own.alpha;
  own.before = undefined;
  own.alpha = own.sent = alpha;
  own.send(alpha);
  text(own.status, `α = ${written2(alpha)} on all pages.`);
  text(own.undoButton, `Back to ${written2(own.undo)}`);
  showAt(own, null);
}

const KEYS = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -10, PageUp: 10, Home: -Infinity, End: Infinity };

function moveByKey(own, event) {
  const move = KEYS[event.key];
  if (move === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  const { alphas } = own.data.lines[0];
  const to = Math.min(Math.max(nearest(alphas, own.alpha) + move, 0), alphas.length - 1);
  own.before ??= own.alpha;
  own.alpha = own.sent = alphas[to];
  showAt(own, null);
  clearTimeout(own.waiting);
  own.waiting = setTimeout(() => {
    const alpha = own.alpha;
    own.alpha = null;
    pick(own, alpha);
  }, SETTLED);
}

function showAt(own, pointed) {
  const alpha = pointed ?? own.alpha;
  for (const panel of own.panels) {
    panel.current.style.left = `${100 * own.alpha}%`;
    panel.pointed.style.left = `${100 * alpha}%`;
    panel.pointed.hidden = pointed === null;
  }
  drawReadout(own.readout, own.data, alpha, own.hidden, pointed !== null);
  const line = own.data.lines[0];
  const row = nearest(line.alphas, own.alpha);
  attribute(own.grid, "aria-valuenow", String(own.alpha));
  const values = own.data.labels.map((label, k) => `${label} ${written(line.values[k][row])}`);
  attribute(own.grid, "aria-valuetext", `${written2(own.alpha)}: ${values.join(", ")}`);
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
