// The tiles: each has a metric at this α, its difference to both ends or to the pinned α, and its curve over α.

function buildTile(parent, name) {
  const box = element(parent, "section", "tile");
  element(box, "h2").textContent = name;
  const value = element(box, "strong");
  const curve = svg(box, "svg", { viewBox: "0 0 100 36", preserveAspectRatio: "none", role: "img" });
  for (const kind of ["line", "pin", "marker"]) svg(curve, "path", { class: kind, "vector-effect": "non-scaling-stroke" });
  const dot = element(box, "i", "dot");
  const changes = element(box, "div", "changes");
  const [zeroShot, fineTuned, pinned] = ["zero-shot", "fine-tuned", "pinned"].map((kind) =>
    element(changes, "span", `against ${kind}`),
  );
  return { box, name, value, zeroShot, fineTuned, pinned, svg: curve, dot };
}

function drawTile(tile, own, k, rows, exact) {
  const { data } = own;
  const values = data.metrics[k];
  const value = exact ? exact.metrics[k] : values[rows.here];
  text(tile.value, written(value));
  const intervals = data.intervals.length ? data.intervals[k][rows.here] : null;
  const significant = data.intervals.length ? data.significant[k][rows.here] : 0;
  against(tile.zeroShot, value, values[rows.start], "zero-shot", intervals && intervals.slice(0, 2), Boolean(significant & 1));
  against(tile.fineTuned, value, values[rows.end], "fine-tuned", intervals && intervals.slice(2), Boolean(significant & 2));
  const isPinned = rows.pinned !== null;
  tile.zeroShot.hidden = tile.fineTuned.hidden = isPinned;
  tile.pinned.hidden = !isPinned;
  if (isPinned) againstPinned(tile.pinned, value - values[rows.pinned], own.pinned.name);
  sparkline(tile, own, values, value, isPinned ? own.pinned.alphas[own.active ?? 0] : null);
}

// Bold where the difference is significant (core/analysis/decision.py): p after Holm, over all differences of the tiles,
// is below 5 %. The interval is for one difference, so it can exclude zero where nothing is bold. With an α for each
// tower there are neither.
function against(box, value, other, name, thousandths, isSignificant) {
  text(box, signed(value - other));
  const [low, high] = (thousandths || [0, 0]).map((value) => value / 1000);
  const verdict = isSignificant ? "significant after Holm" : "not distinguishable after Holm";
  const interval = thousandths ? `, 95 % interval ${signed(low)} to ${signed(high)}, ${verdict}` : "";
  box.title = `${signed(value - other)} against ${name} (${written(other)})${interval}`;
  attribute(box, "aria-label", box.title);
  box.classList.toggle("sure", isSignificant);
}

function againstPinned(box, change, name) {
  const sign = Math.sign(Number(written(Math.abs(change)))) * Math.sign(change);
  text(box, `${arrow(sign) || "="} ${signed(change)}`);
  attribute(box, "data-change", String(sign));
  box.title = `${signed(change)} against the pinned α = ${name}`;
}

// The curve of this metric over α with a marker; on the plane, along the tower that was moved last. The curve is drawn
// again only when it has changed: six curves for each position took longer than everything else.
function sparkline(tile, own, values, value, pinned) {
  const { data, at } = own;
  const active = own.active ?? 0;
  const along = at.length === 1 ? "diagonal" : `${active} ${at[1 - active]}`;
  if (tile.values !== values || tile.along !== along) curveOf(tile, own, values, along);
  const alpha = data.alphas[at[active]];
  tile.svg.children[1].setAttribute("d", pinned === null ? "" : `M${100 * pinned} 0V36`);
  tile.svg.children[2].setAttribute("d", `M${100 * alpha} 0V36`);
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
  tile.svg.children[0].setAttribute("d", steps.join(""));
  const range = `from ${written(curve[0])} to ${written(curve[size - 1])}`;
  tile.svg.setAttribute("aria-label", `${tile.name} over alpha, ${range}`);
}
