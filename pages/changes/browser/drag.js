// Selection in the chart of ranks: a box by dragging, a lasso by dragging with Shift, points by clicks or the keyboard.

const LEAST = 5; // pixels that the pointer moves before a click becomes a drag

function listenToPointer(own) {
  const { plot } = own;
  const at = (event) => {
    const box = plot.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  };
  let drag = null;
  plot.onpointerdown = (event) => {
    if (event.button !== 0) return;
    plot.setPointerCapture(event.pointerId);
    drag = { path: [at(event)], isLasso: event.shiftKey };
  };
  plot.onpointermove = (event) => {
    if (!drag) return point(own, nearestPoint(own, at(event)));
    drag.path.push(at(event));
    point(own, null);
    if (isFar(drag)) outline(own, drag);
  };
  plot.onpointerup = (event) => {
    const done = drag;
    drag = null;
    outline(own, null);
    if (done && isFar(done)) choose(own, rowsIn(own, done), done.isLasso ? "points" : "box");
    else if (done) pick(own, nearestPoint(own, at(event)), event.ctrlKey || event.metaKey || event.shiftKey);
  };
  plot.onpointercancel = () => outline(own, (drag = null));
  plot.onpointerleave = () => point(own, null);
  plot.onkeydown = (event) => {
    if (event.key === "Escape") outline(own, (drag = null));
    moveByKey(own, event);
  };
}

const isFar = ({ path: [first, ...others] }) => others.some(([x, y]) => Math.hypot(x - first[0], y - first[1]) >= LEAST);

// Left and right go through the shown articles in the order of the first model's ranks; Enter picks one.
function moveByKey(own, event) {
  const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
  const isPick = event.key === "Enter" && own.pointed !== null;
  if (!by && !isPick) return;
  event.preventDefault();
  event.stopPropagation(); // Enter would open the selected card
  if (isPick) return pick(own, own.pointed, event.ctrlKey || event.shiftKey);
  const { before } = own.known;
  const order = before.map((_, row) => row).filter((row) => own.data.shown[row] === "1").sort((a, b) => before[a] - before[b] || a - b);
  const next = order.indexOf(own.pointed) + (own.pointed === null && by < 0 ? order.length : by);
  point(own, order[Math.min(Math.max(next, 0), order.length - 1)] ?? null);
}

function pick(own, row, adds) {
  const picked = new Set(adds ? own.data.picked : []);
  if (row !== null && !picked.delete(row)) picked.add(row);
  if (picked.size || own.data.box || own.data.picked.length) choose(own, [...picked], "points");
}

const choose = (own, rows, kind) => own.send("selected", { kind, rows, time: Date.now() });

function outlineOf({ path, isLasso }) {
  const [[left, top], [right, bottom]] = [path[0], path.at(-1)];
  return isLasso ? path : [[left, top], [right, top], [right, bottom], [left, bottom]];
}

function rowsIn(own, drag) {
  const area = new Path2D(`M${outlineOf(drag).map(([x, y]) => `${x} ${y}`).join("L")}Z`);
  const context = document.createElement("canvas").getContext("2d");
  return own.places.flatMap(([x, y], row) => (context.isPointInPath(area, x, y) ? [row] : []));
}

function outline(own, drag) {
  own.outline.setAttribute("d", drag ? `M${outlineOf(drag).map(([x, y]) => `${x} ${y}`).join("L")}Z` : "");
}
