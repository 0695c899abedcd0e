// Beside the heat map: a table of all metrics at the point under the pointer and at two marked points, the scale of the
// colours, and what the marks mean.

function buildSide(parent, data) {
  const box = element(parent, "div", "side");
  const heading = element(box, "div", "at");
  const basis = element(box, "div", "basis");
  const table = element(box, "table");
  const head = element(element(table, "thead"), "tr");
  for (const label of ["", "here", "at α*", "at the best point"]) {
    const cell = element(head, label ? "th" : "td");
    if (label) cell.scope = "col";
    text(cell, label);
  }
  const body = element(table, "tbody");
  const rows = data.metrics.map(({ label, help }) => {
    const row = element(body, "tr");
    const name = element(row, "th");
    name.scope = "row";
    name.title = help;
    text(name, label);
    const here = element(row, "td", "here");
    const [value, interval] = [element(here, "span", "value"), element(here, "span", "interval")];
    return { row, value, interval, chosen: element(row, "td"), best: element(row, "td") };
  });
  const scale = element(box, "div", "colours");
  const [low, bar, high] = ["span", "i", "span"].map((tag) => element(scale, tag));
  const legend = element(box, "ul", "legend");
  return {
    draw: (drawn) => {
      text(basis, drawn.basis);
      const values = drawn.values[drawn.shown];
      text(low, `${drawn.metrics[drawn.shown].label} ${written(Math.min(...values))}`);
      text(high, written(Math.max(...values)));
      bar.style.background = `linear-gradient(90deg, ${drawn.colours.join(", ")})`;
      drawLegend(legend, drawn);
    },
    show: (shown, at, point, isPointed) => {
      text(heading, `${inWords(at)}${isPointed ? "" : " (current)"}`);
      const marked = (kind) => rowAt(shown, shown.marks.find((mark) => mark.kind === kind).at);
      rows.forEach(({ row, value, interval, chosen, best }, k) => {
        row.classList.toggle("shown", k === shown.shown);
        text(value, written(shown.values[k][point]));
        text(interval, k === shown.shown ? `${written(shown.low[point])}–${written(shown.high[point])}` : "");
        text(chosen, written(shown.values[k][marked("selected")]));
        text(best, written(shown.values[k][marked("best")]));
      });
    },
  };
}

function drawLegend(legend, { marks }) {
  legend.replaceChildren();
  for (const { kind, label } of [...marks, { kind: "current", label: "current α" }, { kind: "diagonal", label: "same α for both towers" }]) {
    const entry = element(legend, "li");
    element(entry, "i", `mark ${kind}`);
    text(element(entry, "span"), label);
  }
}
