// The point jumps between the mixes that were measured; nothing between them is estimated.

const WIDTH = 260, HEIGHT = 225, EDGE = 18;
const CORNERS = [[WIDTH / 2, EDGE], [EDGE, HEIGHT - EDGE], [WIDTH - EDGE, HEIGHT - EDGE]];
const KEYS = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] };
const state = new WeakMap();

export default function ({ data, parentElement }) {
  const root = parentElement.querySelector(".triangle");
  const own = state.get(root) ?? build(root);
  state.set(root, own);
  const places = data.points.map((point) => [0, 1].map((axis) => point.reduce((sum, share, at) => sum + share * CORNERS[at][axis], 0)));
  const mean = (at) => data.domains.reduce((sum, domain) => sum + domain.reached[at], 0);
  own.at ??= data.points.reduce((best, _, at) => (mean(at) > mean(best) ? at : best), 0);
  own.dots.replaceChildren(...places.map(([x, y]) => svg("circle", { cx: x, cy: y, r: 2.5 })));
  own.names.replaceChildren(...CORNERS.map(([x, y], at) => {
    const name = svg("text", { x, y: at ? y + 14 : y - 8, "text-anchor": ["middle", "start", "end"][at] });
    if (at) name.setAttribute("x", at === 1 ? 2 : WIDTH - 2);
    name.textContent = data.domains[at].name;
    return name;
  }));
  const draw = () => show(own, data, places);
  const nearest = ([x, y]) => places.reduce((best, place, at) => (away(place, x, y) < away(places[best], x, y) ? at : best), 0);
  own.moveTo = (place) => { own.at = nearest(place); draw(); };
  own.step = (direction) => {
    const next = neighbour(places, own.at, direction);
    if (next !== null) { own.at = next; draw(); }
  };
  draw();
}

function build(root) {
  const drawing = svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, tabindex: 0, role: "slider", "aria-label": "Weights of the three domains" });
  drawing.append(svg("polygon", { points: CORNERS.join(" ") }));
  const dots = svg("g", { class: "dots" }), names = svg("g", { class: "names" }), handle = svg("circle", { r: 9, class: "handle" });
  drawing.append(dots, handle, names);
  const weights = document.createElement("p"), table = document.createElement("div");
  table.className = "reached";
  const words = document.createElement("div"), key = document.createElement("small");
  key.textContent = "Drag the point, or use the arrow keys. Line: the domain's own WiSE-FT model; dashed: zero-shot.";
  words.append(weights, table, key);
  root.append(drawing, words);
  const own = { drawing, dots, names, handle, weights, table };
  const place = (event) => {
    const box = drawing.getBoundingClientRect();
    return [((event.clientX - box.left) / box.width) * WIDTH, ((event.clientY - box.top) / box.height) * HEIGHT];
  };
  drawing.onpointerdown = (event) => { drawing.setPointerCapture(event.pointerId); own.moveTo(place(event)); };
  drawing.onpointermove = (event) => drawing.hasPointerCapture(event.pointerId) && own.moveTo(place(event));
  drawing.onkeydown = (event) => {
    if (!(event.key in KEYS)) return;
    event.preventDefault();
    own.step(KEYS[event.key]);
  };
  return own;
}

function show(own, data, places) {
  const [x, y] = places[own.at], weights = data.points[own.at];
  own.handle.setAttribute("cx", x);
  own.handle.setAttribute("cy", y);
  const said = weights.map((weight, at) => `${data.domains[at].name} ${weight.toFixed(1)}`).join(", ");
  own.weights.textContent = `Weights: ${said}`;
  const index = { "aria-valuenow": own.at, "aria-valuemin": 0, "aria-valuemax": places.length - 1, "aria-valuetext": said };
  for (const [name, value] of Object.entries(index)) own.drawing.setAttribute(name, value);
  const most = Math.max(...data.domains.flatMap((domain) => [...domain.reached, domain.own]));
  own.table.replaceChildren(...data.domains.map((domain) => row(domain, domain.reached[own.at], most, data.metric)));
}

function row(domain, reached, most, metric) {
  const box = document.createElement("div"), name = document.createElement("span"), bar = document.createElement("i"), value = document.createElement("span");
  name.textContent = `${domain.name}, n = ${domain.n}`;
  bar.style.setProperty("--to", reached / most);
  bar.style.setProperty("--own", domain.own / most);
  bar.style.setProperty("--start", domain.zeroShot / most);
  const change = reached - domain.own;
  value.textContent = `${metric} ${reached.toFixed(3)} (${change < 0 ? "−" : "+"}${Math.abs(change).toFixed(3)} from its own WiSE-FT)`;
  box.append(name, bar, value);
  return box;
}

const away = ([left, top], x, y) => (left - x) ** 2 + (top - y) ** 2;

// The nearest point on this side of the current one; null at the edge.
function neighbour(places, at, [dx, dy]) {
  const [x, y] = places[at];
  let best = null;
  places.forEach(([left, top], other) => {
    const along = (left - x) * dx + (top - y) * dy, across = Math.abs((left - x) * dy) + Math.abs((top - y) * dx);
    if (along > 1 && across <= 1.2 * along && (best === null || away(places[other], x, y) < away(places[best], x, y))) best = other;
  });
  return best;
}

function svg(tag, attributes) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}
