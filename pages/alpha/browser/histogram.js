// The histogram of the ranks of all articles at this α, with lines for both ends or for the pinned α.

const MODELS = ["zero-shot", "fine-tuned", "pinned"];

function buildHistogram(root, data) {
  const box = element(root, "figure", "histogram");
  element(box, "figcaption").textContent = "Articles by the rank of their own image";
  const bars = element(box, "div", "bars");
  bars.setAttribute("role", "img");
  const made = data.bins.map((name) => {
    const column = element(bars, "div", "column");
    const count = element(column, "b");
    const well = element(column, "div", "well");
    const bar = element(well, "div", "bar");
    const lines = MODELS.map((model) => element(well, "div", `end ${model}`));
    element(column, "span").textContent = name;
    return { count, bar, lines };
  });
  const key = element(box, "div", "key");
  const entries = ["wise-ft", ...MODELS].map((kind) => element(key, "span", kind));
  ["at this α", "zero-shot", "fine-tuned", "pinned"].forEach((words, i) => (entries[i].textContent = words));
  return { box: bars, made, entries };
}

function drawHistogram(bars, own, rows, exact) {
  const { histograms, bins } = own.data;
  const counts = exact ? exact.histogram : histograms[rows.here];
  const isPinned = rows.pinned !== null;
  const shown = [!isPinned, !isPinned, isPinned];
  const others = [histograms[rows.start], histograms[rows.end], histograms[rows.pinned ?? rows.start]];
  const most = Math.max(...counts, ...others.flat(), 1);
  bars.made.forEach((bar, k) => {
    text(bar.count, counted(counts[k]));
    bar.bar.style.height = `${(100 * counts[k]) / most}%`;
    bar.lines.forEach((line, i) => {
      line.hidden = !shown[i];
      line.style.bottom = `${(100 * others[i][k]) / most}%`;
    });
  });
  bars.entries.slice(1).forEach((entry, i) => (entry.hidden = !shown[i]));
  attribute(bars.box, "aria-label", bins.map((name, k) => `rank ${name}: ${counts[k]}`).join(", "));
}
