// The α slider with tiles, marker and histogram. It draws them itself, within a frame, from the small tables in its
// data. The board follows from the server; the next position is sent only after the server has answered the last.

// ms without an answer before a position is sent again, twice as long each time: Streamlit drops a message that arrives
// while the whole page is drawn, which happens with many browsers.
const ANSWER_AT_LATEST = 1000;
const BREATH = 60; // ms after an answer in which the page finishes drawing; a position sent sooner would wait longer

function slider(root, own, data, setStateValue) {
  if (own.tables !== data.tables) Object.assign(own, { tables: data.tables, known: JSON.parse(data.tables) });
  data = { ...data, ...own.known };
  own.data = data;
  own.send = setStateValue;
  if (root.dataset.shape !== shapeOf(data)) {
    clearTimeout(own.waiting); // the pending message was about other sliders
    own.sent = null;
    buildSlider(root, own);
  }
  if (own.sent && same(own.sent, data.served)) answered(own, root);
  // While the user holds the slider, its position is newer than the server's.
  if (!own.held && !own.sent) own.at = placesOf(data);
  draw(root, own);
}

const shapeOf = (data) =>
  JSON.stringify([data.towers.map((t) => t.label), data.names, data.ticks, data.flat, data.alphas.length]);
const same = (a, b) => a.length === b.length && a.every((value, i) => Math.abs(value - b[i]) < 1e-9);
const nearest = (alphas, alpha) =>
  alphas.reduce((best, value, i) => (Math.abs(value - alpha) < Math.abs(alphas[best] - alpha) ? i : best), 0);
const placesOf = (data) => data.towers.map((tower) => nearest(data.alphas, tower.alpha));
const alphasAt = (own) => own.at.map((place) => own.data.alphas[place]);

// The position of an α along the track, 0 to 1. The slider steps through the table, which may be unevenly spaced.
function along(alphas, alpha) {
  const after = alphas.findIndex((value) => value >= alpha - 1e-9);
  if (after <= 0) return 0;
  const part = (alpha - alphas[after - 1]) / (alphas[after] - alphas[after - 1]);
  return (after - 1 + part) / (alphas.length - 1);
}

function buildSlider(root, own) {
  const { data } = own;
  root.dataset.shape = shapeOf(data);
  root.replaceChildren();
  own.inputs = data.towers.map((tower, i) => {
    const field = element(root, "div", "field");
    const head = element(field, "div", "head");
    const label = element(head, "label");
    const typed = element(head, "input", "typed");
    Object.assign(typed, { type: "number", min: 0, max: 1, step: 0.01 });
    typed.setAttribute("aria-label", `${tower.label}, typed`);
    label.htmlFor = `alpha-${i}`;
    label.textContent = tower.label;
    const input = element(field, "input");
    Object.assign(input, { type: "range", id: `alpha-${i}`, min: 0, max: data.alphas.length - 1, step: 1 });
    input.setAttribute("aria-label", tower.label);
    input.oninput = () => moved(root, own, i, input);
    input.onchange = () => settled(root, own, i, input);
    typed.onchange = () => {
      const alpha = Number.parseFloat(typed.value);
      if (Number.isFinite(alpha)) input.value = nearest(data.alphas, alpha);
      settled(root, own, i, input);
    };
    input.onpointerdown = () => (own.held = true);
    input.onpointerup = input.onpointercancel = () => (own.held = false);
    if (data.flat) {
      const flat = element(element(field, "div", "track"), "div", "flat");
      flat.style.setProperty("--from", along(data.alphas, data.flat[0]));
      flat.style.setProperty("--to", along(data.alphas, data.flat[1]));
      flat.title = "plateau: within noise of α*";
    }
    const scale = element(field, "div", "scale");
    for (const tick of data.ticks) {
      const mark = element(scale, "button", `tick ${tick.kind}`);
      mark.type = "button";
      mark.style.setProperty("--p", along(data.alphas, tick.alpha));
      mark.textContent = tick.label;
      mark.title = tick.hint;
      mark.onclick = () => {
        input.value = nearest(data.alphas, tick.alpha);
        settled(root, own, i, input);
      };
    }
    return { input, typed };
  });
  own.status = element(root, "p", "status");
  own.status.setAttribute("aria-live", "polite");
  const tiles = element(root, "div", "tiles");
  own.tiles = data.names.map((name) => tile(tiles, name));
  own.bars = histogram(root, data);
}

function tile(parent, name) {
  const box = element(parent, "section", "tile");
  element(box, "h3").textContent = name;
  const value = element(box, "strong");
  const [zeroShot, fineTuned] = ["zero-shot", "fine-tuned"].map((model) => {
    const change = element(box, "span", `against ${model}`);
    return { change, interval: element(box, "span", "interval") };
  });
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 100 36");
  svg.setAttribute("preserveAspectRatio", "none");
  svg.setAttribute("role", "img");
  for (const kind of ["line", "marker"]) {
    const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
    path.setAttribute("class", kind);
    path.setAttribute("vector-effect", "non-scaling-stroke");
    svg.append(path);
  }
  box.append(svg);
  const dot = element(box, "i", "dot");
  return { name, value, zeroShot, fineTuned, svg, dot };
}

function histogram(root, data) {
  const box = element(root, "figure", "histogram");
  element(box, "figcaption").textContent = `Articles by the rank of their own image (${data.of})`;
  const bars = element(box, "div", "bars");
  bars.setAttribute("role", "img");
  const made = data.bins.map((name) => {
    const column = element(bars, "div", "column");
    const count = element(column, "b");
    const well = element(column, "div", "well");
    const bar = element(well, "div", "bar");
    const zeroShot = element(well, "div", "end zero-shot");
    const fineTuned = element(well, "div", "end fine-tuned");
    element(column, "span").textContent = name;
    return { count, bar, zeroShot, fineTuned };
  });
  const key = element(box, "div", "key");
  for (const [kind, text] of [["wise-ft", "at this α"], ["zero-shot", "zero-shot"], ["fine-tuned", "fine-tuned"]])
    element(key, "span", kind).textContent = text;
  return { box: bars, made };
}

function moved(root, own, i, input) {
  own.active = i;
  own.at[i] = Number(input.value);
  draw(root, own);
  if (own.held) send(root, own); // a key settles at once
}

function settled(root, own, i, input) {
  own.held = false;
  own.active = i;
  own.at[i] = Number(input.value);
  draw(root, own);
  post(root, own, true);
}

// Only one position is in flight; the newest is sent last. The position where the user lets go is sent at once.
function send(root, own) {
  if (own.sent) own.next = true;
  else post(root, own, false);
}

function post(root, own, settled, patience = ANSWER_AT_LATEST) {
  own.next = false;
  own.sent = alphasAt(own);
  clearTimeout(own.waiting);
  own.waiting = setTimeout(() => root.isConnected && post(root, own, settled, 2 * patience), patience);
  // With the time, so that the same position twice counts as two messages.
  own.send("moved", { alphas: own.sent, settled, time: Date.now() });
}

function answered(own, root) {
  clearTimeout(own.waiting);
  const sent = own.sent;
  own.waiting = setTimeout(() => {
    const next = own.next;
    Object.assign(own, { sent: null, next: false });
    if (next && !same(sent, alphasAt(own))) send(root, own);
  }, BREATH);
}

// The row of the tables: one index on the curve, two on the plane.
const rowOf = (own, at) => (at.length === 1 ? at[0] : at[0] * own.data.alphas.length + at[1]);

function draw(root, own) {
  const { data, at } = own;
  const last = data.alphas.length - 1;
  const here = rowOf(own, at);
  const start = rowOf(own, at.map(() => 0));
  const end = rowOf(own, at.map(() => last));
  const exact = data.exact && same(data.exact.alphas, alphasAt(own)) ? data.exact : null;
  own.inputs.forEach(({ input, typed }, i) => {
    if (Number(input.value) !== at[i]) input.value = at[i];
    const alpha = data.alphas[at[i]].toFixed(2);
    input.setAttribute("aria-valuetext", `alpha ${alpha}`);
    if (typed.value !== alpha) typed.value = alpha;
  });
  const known = exact || !data.interpolated[here];
  own.status.textContent = known ? "exact weights" : data.error;
  own.status.classList.toggle("exact", Boolean(known));
  own.tiles.forEach((tile, k) => {
    const values = data.metrics[k];
    const value = exact ? exact.metrics[k] : values[here];
    tile.value.textContent = written(value);
    const intervals = data.intervals.length ? data.intervals[k][here] : null;
    against(tile.zeroShot, value, values[start], "zero-shot", intervals && intervals.slice(0, 2));
    against(tile.fineTuned, value, values[end], "fine-tuned", intervals && intervals.slice(2));
    sparkline(tile, own, values, value);
  });
  const counts = exact ? exact.histogram : data.histograms[here];
  const all = [counts, data.histograms[start], data.histograms[end]];
  const most = Math.max(...all.flat(), 1);
  own.bars.made.forEach((bar, k) => {
    bar.count.textContent = counted(counts[k]);
    bar.bar.style.height = `${(100 * counts[k]) / most}%`;
    bar.zeroShot.style.bottom = `${(100 * all[1][k]) / most}%`;
    bar.fineTuned.style.bottom = `${(100 * all[2][k]) / most}%`;
  });
  own.bars.box.setAttribute("aria-label", data.bins.map((name, k) => `rank ${name}: ${counts[k]}`).join(", "));
}

// Bold where the 95 % interval excludes zero. With an α for each tower there are no intervals.
function against({ change, interval }, value, other, name, thousandths) {
  change.textContent = `${signed(value - other)} vs ${name}`;
  change.title = `${name}: ${written(other)}`;
  const [low, high] = (thousandths || [0, 0]).map((value) => value / 1000);
  change.classList.toggle("sure", low > 0 || high < 0);
  interval.textContent = thousandths ? `${signed(low)} to ${signed(high)}` : "";
}

function signed(number) {
  const text = written(Math.abs(number));
  return `${Number(text) === 0 ? "±" : number > 0 ? "+" : "−"}${text}`;
}

// Counts and ranks as all pages write them: 12,345.
const COUNT = new Intl.NumberFormat("en-GB");
const counted = (number) => COUNT.format(number);

// Three digits as the command line writes them: Python rounds a half to the even digit, toFixed up. Halves of a
// thousandth are odd sixteenths, as 19 of 304 articles.
function written(number) {
  const sixteenths = Math.round(number * 16);
  if (sixteenths % 2 === 0 || Math.abs(number * 16 - sixteenths) > 1e-7) return number.toFixed(3);
  const below = Math.floor(sixteenths * 62.5);
  return ((below + (below % 2)) / 1000).toFixed(3);
}

// The curve of this metric over α with a marker; on the plane, along the tower that was moved last. The curve is drawn
// again only when it has changed: six curves for each position took longer than everything else.
function sparkline(tile, own, values, value) {
  const { data, at } = own;
  const active = own.active ?? 0;
  const along = at.length === 1 ? "diagonal" : `${active} ${at[1 - active]}`;
  if (tile.values !== values || tile.along !== along) curveOf(tile, own, values, along);
  const alpha = data.alphas[at[active]];
  tile.svg.lastChild.setAttribute("d", `M${100 * alpha} 0V36`);
  tile.dot.style.setProperty("--x", alpha);
  tile.dot.style.setProperty("--y", heightOf(tile, Math.min(Math.max(value, tile.low), tile.high)) / 36);
}

const heightOf = ({ low, high }, value) => 33 - (30 * (value - low)) / (high - low || 1);

function curveOf(tile, own, values, along) {
  const { data, at } = own;
  const size = data.alphas.length;
  const active = own.active ?? 0;
  const slice = (i) => (at.length === 1 ? i : active === 0 ? i * size + at[1] : at[0] * size + i);
  const curve = data.alphas.map((_, i) => values[slice(i)]);
  Object.assign(tile, { values, along, low: Math.min(...curve), high: Math.max(...curve) });
  const steps = curve.map((value, i) => `${i ? "L" : "M"}${100 * data.alphas[i]} ${heightOf(tile, value)}`);
  tile.svg.firstChild.setAttribute("d", steps.join(""));
  const range = `from ${written(curve[0])} to ${written(curve[size - 1])}`;
  tile.svg.setAttribute("aria-label", `${tile.name} over alpha, ${range}`);
}
