// The chart of ranks, on a canvas: a thousand points of a chart library take a third of a second at every filter. The
// other files are loaded before this one.

const state = new WeakMap();

export default function ({ data, parentElement, setStateValue }) {
  const root = parentElement.querySelector(".scatter");
  const own = state.get(root) ?? build(root);
  state.set(root, own);
  own.send = setStateValue;
  if (own.points !== data.points) {
    Object.assign(own, { points: data.points, known: JSON.parse(data.points), pointed: null });
    drawScales(own);
  }
  own.data = data;
  attribute(own.plot, "aria-label", data.alt);
  text(own.across, `rank, ${data.names[0]}`);
  text(own.upwards, `rank, ${data.names[1]}`);
  drawLegend(own);
  drawBox(own);
  drawPoints(own);
  point(own, own.pointed);
  ringCurrent(own);
}

function build(root) {
  const legend = element(root, "ul", "legend");
  const body = element(root, "div", "body");
  const upwards = element(body, "div", "title upwards");
  const up = element(body, "div", "scale up");
  const plot = element(body, "div", "plot");
  const right = element(body, "div", "scale right");
  const across = element(body, "div", "title across");
  Object.assign(plot, { tabIndex: 0 });
  plot.setAttribute("role", "group");
  plot.setAttribute("aria-roledescription", "scatter plot");
  const canvas = element(plot, "canvas");
  canvas.setAttribute("aria-hidden", "true");
  const lines = svg(plot, "svg", { "aria-hidden": "true" });
  svg(lines, "line", { class: "diagonal", x1: "0", y1: "100%", x2: "100%", y2: "0" });
  const box = element(plot, "div", "box");
  const ring = element(plot, "i", "ring");
  const current = element(plot, "i", "ring current");
  const tip = element(plot, "p", "tip");
  tip.setAttribute("aria-live", "polite");
  const outline = svg(lines, "path", { class: "outline" });
  const own = { legend, upwards, up, plot, right, across, canvas, box, ring, current, tip, outline, pointed: null };
  listenToPointer(own);
  const follow = (event) => {
    if (!root.isConnected) return removeEventListener("rematch-article", follow);
    own.article = event.detail;
    ringCurrent(own);
  };
  addEventListener("rematch-article", follow);
  new ResizeObserver(() => {
    if (!own.data) return;
    drawPoints(own);
    point(own, own.pointed);
    ringCurrent(own);
  }).observe(plot);
  return own;
}

function drawLegend(own) {
  own.legend.replaceChildren();
  for (const { name, count, colour, sign } of own.data.looks) {
    const line = element(own.legend, "li");
    const swatch = element(line, "span");
    text(swatch, sign);
    swatch.style.color = colour;
    text(element(line, "b"), counted(count));
    line.append(` ${name}`);
  }
}

function drawBox(own) {
  const { box } = own.data;
  own.box.hidden = !box;
  if (!box) return;
  const [left, right, low, high] = box.map((rank, i) => 100 * own.axis.share(rank * (i % 2 ? 1.07 : 0.93)));
  Object.assign(own.box.style, { left: `${left}%`, width: `${right - left}%`, bottom: `${low}%`, height: `${high - low}%` });
}

// Mark a point and say which article it is; none for null.
function point(own, row) {
  own.pointed = row;
  own.ring.hidden = own.tip.hidden = row === null;
  if (row === null || !own.places) return;
  const [x, y] = own.places[row];
  const { before, after, headlines } = own.known;
  const { width, height } = own.plot.getBoundingClientRect();
  Object.assign(own.ring.style, { left: `${x}px`, top: `${y}px` });
  const [from, to] = own.data.names;
  text(own.tip, `${headlines[row]} · ${from} ${counted(before[row])} → ${to} ${counted(after[row])}`);
  own.tip.style.cssText = `${x < width / 2 ? `left:${x + 12}px` : `right:${width - x + 12}px`};${y < height / 2 ? `top:${y + 8}px` : `bottom:${height - y + 8}px`}`;
}

// The article whose card is selected; the cards say which one.
function ringCurrent(own) {
  const place = own.places?.[own.known.ids.indexOf(own.article)];
  own.current.hidden = !place;
  if (place) Object.assign(own.current.style, { left: `${place[0]}px`, top: `${place[1]}px` });
}
