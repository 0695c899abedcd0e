// The table above the panels: legend and readout in one. A row for each line, with its six values at the α under the
// pointer; a button shows or hides the line.

function buildReadout(parent, data, act) {
  const box = element(parent, "div", "readout");
  const table = element(box, "table");
  const head = element(element(table, "thead"), "tr");
  const corner = element(head, "th", "at");
  corner.scope = "col";
  for (const { label, help } of data.metrics) {
    const cell = element(head, "th");
    cell.scope = "col";
    cell.title = help;
    text(cell, label);
  }
  const body = element(table, "tbody");
  const rows = data.lines.map((line, i) => buildRow(body, data, line, i, act));
  return { box, corner, rows };
}

function buildRow(body, data, line, i, act) {
  const row = element(body, "tr", line.chosen ? "chosen" : "other");
  const head = element(row, "th");
  head.scope = "row";
  const toggle = button(head, "toggle", "", () => act.toggle(i));
  const swatch = svg(toggle, "svg", { class: `swatch ${line.split}`, viewBox: "0 0 30 12", "aria-hidden": "true" });
  svg(swatch, "path", { class: "curve", d: "M0 6H30" });
  if (!line.chosen) text(element(toggle, "i", "symbol"), symbolOf(data, i));
  text(element(toggle, "b"), line.name);
  text(element(toggle, "span", "split"), `${line.split}, n = ${counted(line.n)}`);
  if (line.difference) text(element(toggle, "span", "difference"), line.difference);
  toggle.title = `${line.about}. Click to show or hide this line.`;
  row.onpointerenter = toggle.onfocus = () => act.emphasise(i);
  row.onpointerleave = toggle.onblur = () => act.emphasise(null);
  const cells = data.metrics.map(() => {
    const cell = element(row, "td");
    return { value: element(cell, "span", "value"), interval: element(cell, "span", "interval") };
  });
  return { row, toggle, cells };
}

function drawReadout(readout, data, alpha, hidden, isPointed) {
  const { alphas, interpolated } = data.lines[data.reference];
  const how = interpolated.includes(nearest(alphas, alpha)) ? "≈" : "";
  const drawn = new Set(data.panels.map((panel) => panel.metric));
  text(readout.corner, `α = ${writtenAlpha(alpha)}${how ? " ≈" : ""}${isPointed ? "" : " (current)"}`);
  readout.rows.forEach(({ row, toggle, cells }, i) => {
    const line = data.lines[i];
    const own = nearest(line.alphas, alpha);
    const known = Math.abs(line.alphas[own] - alpha) < 0.006;
    row.classList.toggle("hidden", hidden.has(i));
    attribute(toggle, "aria-pressed", String(!hidden.has(i)));
    cells.forEach(({ value, interval }, k) => {
      text(value, known ? written(line.values[k][own]) : "–");
      value.classList.toggle("drawn", drawn.has(k));
      text(interval, line.low[k] && known ? `${written(line.low[k][own])}–${written(line.high[k][own])}` : "");
    });
  });
}
