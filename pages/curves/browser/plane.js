// The plane of an α for each tower: a heat map, and a table of all metrics at the point under the pointer, at α* and at
// the best point. A click or the keyboard sets both α of all pages.

const state = new WeakMap();

export default function ({ data, parentElement, setStateValue }) {
  const root = parentElement.querySelector(".plane");
  let own = state.get(parentElement);
  if (!own) {
    state.set(parentElement, (own = {}));
    build(root, own, data);
  }
  own.data = data;
  own.mover.receive(data.alphas, setStateValue);
  drawHeatMap(own.map, data);
  own.side.draw(data);
  showAt(own, null);
}

function build(root, own, data) {
  const body = element(root, "div", "body");
  own.map = buildHeatMap(body);
  own.side = buildSide(body, data);
  const hint = "Point: values there. Click, or arrow keys: set both α on all pages.";
  own.mover = buildMover(root, hint, inWords, () => showAt(own, null));
  const { plot } = own.map;
  Object.assign(plot, { tabIndex: 0 });
  for (const [name, value] of [["role", "slider"], ["aria-label", "α of both towers"], ["aria-valuemin", "0"], ["aria-valuemax", "1"]]) {
    plot.setAttribute(name, value);
  }
  plot.onpointermove = (event) => showAt(own, pointUnder(own, event));
  plot.onpointerleave = () => showAt(own, null);
  plot.onclick = (event) => own.mover.set(pointUnder(own, event));
  plot.onkeydown = (event) => moveByKey(own, event);
}

const inWords = ([image, text]) => `image α = ${writtenAlpha(image)}, text α = ${writtenAlpha(text)}`;

function pointUnder(own, event) {
  const box = own.map.plot.getBoundingClientRect();
  const { grid } = own.data;
  const cell = (share) => grid[Math.min(Math.max(Math.floor(share * grid.length), 0), grid.length - 1)];
  return [cell((box.bottom - event.clientY) / box.height), cell((event.clientX - box.left) / box.width)];
}

// Steps of the image tower and of the text tower.
const KEYS = {
  ArrowUp: [1, 0], ArrowDown: [-1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1],
  PageUp: [5, 0], PageDown: [-5, 0], Home: [0, -Infinity], End: [0, Infinity],
};

function moveByKey(own, event) {
  const steps = KEYS[event.key];
  if (steps === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  const { grid } = own.data;
  own.mover.step(own.mover.alphas.map((alpha, tower) => {
    return grid[Math.min(Math.max(nearest(grid, alpha) + steps[tower], 0), grid.length - 1)];
  }));
}

// The row of the table of values that is nearest to a point.
const rowAt = ({ grid }, [image, text]) => nearest(grid, image) * grid.length + nearest(grid, text);

function showAt(own, pointed) {
  const { data, map } = own;
  const current = own.mover.alphas;
  const at = pointed ?? current;
  const row = rowAt(data, at);
  put(map.current, data.grid, current);
  map.cell.hidden = pointed === null;
  put(map.cell, data.grid, at);
  map.cell.style.width = map.cell.style.height = `${100 / data.grid.length}%`;
  own.side.show(data, at, row, pointed !== null);
  attribute(map.plot, "aria-valuenow", String(current[1]));
  const now = rowAt(data, current);
  attribute(map.plot, "aria-valuetext", `${inWords(current)}: ${data.metrics[data.shown].label} ${written(data.values[data.shown][now])}`);
}
