// One panel: the lines of a metric over α, in units of a thousandth of α and of the axis, so that nothing is drawn again
// when the page gets wider. Marks and scales are elements of the page, which keep their size.

const UNIT = 1000;
const TICKS = [0, 0.25, 0.5, 0.75, 1];
const SYMBOLS = ["△", "○", "□", "▽", "◇", "✕", "☆", "✚"]; // of the other runs
const x = (alpha) => Math.round(UNIT * alpha * 10) / 10;

function buildPanel(parent, label, help) {
  const box = element(parent, "figure", "panel");
  const caption = element(box, "figcaption");
  text(caption, label);
  caption.title = help;
  const scale = element(box, "div", "scale");
  const plot = element(box, "div", "plot");
  const drawing = svg(plot, "svg", { viewBox: `0 0 ${UNIT} ${UNIT}`, preserveAspectRatio: "none", "aria-hidden": "true" });
  const marks = element(plot, "div", "marks");
  const current = element(plot, "div", "rule current");
  const pointed = element(plot, "div", "rule pointed");
  const alphas = element(box, "div", "alphas");
  for (const tick of TICKS) {
    const mark = element(alphas, "span");
    text(mark, String(tick));
    mark.style.left = `${100 * tick}%`;
  }
  return { box, scale, plot, drawing, marks, current, pointed, paths: new Map() };
}

function drawPanel(panel, data, { metric: k, range: [low, high], lines }) {
  const y = (value) => Math.round((UNIT * 10 * (high - value)) / (high - low || 1)) / 10;
  for (const box of [panel.scale, panel.drawing, panel.marks]) box.replaceChildren();
  const ticks = ticksOf(low, high);
  const digits = Math.max(...ticks.map((tick) => (String(Number(tick.toFixed(6))).split(".")[1] || "").length));
  for (const tick of ticks) {
    const mark = element(panel.scale, "span");
    text(mark, tick.toFixed(digits));
    mark.style.top = `${y(tick) / 10}%`;
    svg(panel.drawing, "path", { class: "grid", d: `M0 ${y(tick)}H${UNIT}`, "vector-effect": "non-scaling-stroke" });
  }
  // The chosen run last, so that it lies over the others.
  panel.paths = new Map([...lines].reverse().map((i) => [i, drawLine(panel, data.lines[i], k, y)]));
  for (const i of lines) drawMarks(panel, data.lines[i], i, k, y, data);
}

function drawLine(panel, line, k, y) {
  const group = svg(panel.drawing, "g", { class: `line ${line.chosen ? "chosen" : "other"} ${line.split}` });
  if (line.low[k]) {
    const there = line.alphas.map((alpha, i) => `${x(alpha)} ${y(line.high[k][i])}`);
    const back = line.alphas.map((alpha, i) => `${x(alpha)} ${y(line.low[k][i])}`).reverse();
    svg(group, "path", { class: "band", d: `M${[...there, ...back].join("L")}Z` });
  }
  const d = line.steps ? stairs(line.steps[k], y) : line.alphas.map((alpha, i) => `${i ? "L" : "M"}${x(alpha)} ${y(line.values[k][i])}`).join("");
  svg(group, "path", { class: "curve", d, "vector-effect": "non-scaling-stroke" });
  return group;
}

const stairs = ({ at, values }, y) => `M0 ${y(values[0])}${at.map((alpha, i) => `H${x(alpha)}V${y(values[i + 1])}`).join("")}H${UNIT}`;

// Both ends and α* of the chosen run; the symbol of another run along its line, because its dash says which split it is.
function drawMarks(panel, line, i, k, y, data) {
  const last = line.alphas.length - 1;
  const places = line.chosen
    ? [[0, "zero-shot"], [last, "fine-tuned"], [nearest(line.alphas, line.selected), "selected"]]
    : [0.15, 0.4, 0.65, 0.9].map((alpha) => [nearest(line.alphas, alpha + 0.03 * (i % 4)), "symbol"]);
  for (const [row, kind] of places) {
    const mark = element(panel.marks, "i", `mark ${kind}`);
    if (kind === "symbol") text(mark, symbolOf(data, i));
    mark.style.left = `${100 * line.alphas[row]}%`;
    mark.style.top = `${y(line.values[k][row]) / 10}%`;
    mark.dataset.line = i;
  }
}

const symbolOf = (data, i) => {
  const others = [...new Set(data.lines.filter((line) => !line.chosen).map((line) => line.name))];
  return SYMBOLS[others.indexOf(data.lines[i].name) % SYMBOLS.length];
};

function ticksOf(low, high) {
  const rough = (high - low) / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((value) => value >= rough);
  const ticks = [];
  for (let i = Math.ceil(low / step - 1e-9); i * step <= high + 1e-9; i += 1) ticks.push(i * step);
  return ticks;
}
