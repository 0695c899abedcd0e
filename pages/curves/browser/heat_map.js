// A heat map of a metric: up the α of the image tower, right that of the text tower. Each cell has its point in the middle.

const TICKS = [0, 0.25, 0.5, 0.75, 1];

function buildHeatMap(parent) {
  const box = element(parent, "div", "map");
  const up = element(box, "div", "scale up");
  const plot = element(box, "div", "plot");
  const right = element(box, "div", "scale right");
  text(element(box, "div", "title up"), "α of the image tower");
  text(element(box, "div", "title right"), "α of the text tower");
  const canvas = element(plot, "canvas");
  canvas.setAttribute("aria-hidden", "true");
  const lines = svg(plot, "svg", { viewBox: "0 0 100 100", "aria-hidden": "true" });
  const cell = element(plot, "div", "cell");
  const marks = element(plot, "div", "marks");
  const current = element(plot, "i", "mark current");
  return { box, plot, canvas, lines, marks, current, cell, up, right };
}

// The place of a point on an axis, in percent: half a cell before the first and after the last.
const place = (grid, alpha) => (100 * (alpha * (grid.length - 1) + 0.5)) / grid.length;

function drawHeatMap(map, data) {
  const { grid, colours } = data;
  const values = data.values[data.shown];
  const [low, high] = [Math.min(...values), Math.max(...values)];
  Object.assign(map.canvas, { width: grid.length, height: grid.length });
  const context = map.canvas.getContext("2d");
  values.forEach((value, row) => {
    context.fillStyle = shade(colours, high > low ? (value - low) / (high - low) : 0.5);
    context.fillRect(row % grid.length, grid.length - 1 - Math.floor(row / grid.length), 1, 1);
  });
  for (const box of [map.lines, map.marks, map.up, map.right]) box.replaceChildren();
  const [start, end] = [place(grid, 0), place(grid, 1)];
  svg(map.lines, "path", { d: `M${start} ${end}L${end} ${start}`, "vector-effect": "non-scaling-stroke" });
  for (const tick of TICKS) {
    for (const [scale, side, at] of [[map.up, "top", 100 - place(grid, tick)], [map.right, "left", place(grid, tick)]]) {
      const mark = element(scale, "span");
      text(mark, String(tick));
      mark.style[side] = `${at}%`;
    }
  }
  for (const { kind, label, at } of data.marks) {
    const mark = element(map.marks, "i", `mark ${kind}`);
    mark.title = label;
    put(mark, grid, at);
  }
}

function put(mark, grid, [image, text]) {
  mark.style.left = `${place(grid, text)}%`;
  mark.style.top = `${100 - place(grid, image)}%`;
}

// The colour at a share from 0 to 1, between neighbours in proportion.
function shade(colours, share) {
  const at = share * (colours.length - 1);
  const [from, to] = [colours[Math.floor(at)], colours[Math.ceil(at)]].map((colour) =>
    [1, 3, 5].map((start) => parseInt(colour.slice(start, start + 2), 16)),
  );
  return `rgb(${from.map((value, i) => Math.round(value + (to[i] - value) * (at % 1))).join(",")})`;
}
