// Both ends side by side, with a line for each item from its rank in zero-shot to that in fine-tuned.

function buildPanel(root) {
  const box = element(root, "section", "panel");
  box.setAttribute("aria-label", "Zero-shot and fine-tuned");
  const [left, middle, right] = ["zero-shot", "lines", "fine-tuned"].map((kind) => element(box, "div", `part ${kind}`));
  const lists = [left, right].map((part, k) => {
    element(part, "h2").textContent = k ? "fine-tuned, α = 1" : "zero-shot, α = 0";
    return element(part, "ol");
  });
  const head = element(middle, "h2");
  const chart = svg(middle, "svg", { preserveAspectRatio: "none", role: "img", viewBox: "0 0 100 100" });
  const marker = element(middle, "i", "at");
  return { box, lists, head, chart, marker, lines: new Map() };
}

function fillPanel(own) {
  const { panel, data, orders, ranks } = own;
  const shown = Math.min(data.shown, data.items.length);
  panel.box.style.setProperty("--rows", shown);
  panel.lists.forEach((list, k) => {
    list.replaceChildren(...orders.at(-k).slice(0, shown).map((i, place) => rowOfEnd(own, i, place, own.table.at(-k)[i])));
  });
  panel.chart.replaceChildren();
  panel.chart.setAttribute("viewBox", `0 0 100 ${shown}`);
  panel.lines.clear();
  data.items.forEach((item, i) => {
    if (!ranks.some((row) => row[i] <= shown)) return;
    const path = data.alphas.map((alpha, p) => `${p ? "L" : "M"}${100 * alpha} ${Math.min(ranks[p][i], shown + 1) - 0.5}`).join("");
    const line = svg(panel.chart, "path", { d: path, "vector-effect": "non-scaling-stroke" });
    line.dataset.item = i;
    line.classList.toggle("its-own", item.own);
    panel.lines.set(i, line);
  });
  panel.chart.setAttribute("aria-label", `Ranks along α of ${panel.lines.size} items`);
}

function rowOfEnd(own, i, place, score) {
  const item = own.data.items[i];
  const row = document.createElement("li");
  row.dataset.item = i;
  const image = element(row, "img");
  image.decoding = "async";
  show(image, item.image, "");
  const words = element(row, "div");
  const about = element(words, "p", "facts");
  about.textContent = `${place + 1} · ${similarity(score)}${item.own ? " ✓ own image" : ""}`;
  const headline = element(words, "p", "headline");
  headline.textContent = headline.title = item.headline;
  headline.dir = "auto";
  row.classList.toggle("its-own", item.own);
  return row;
}

function drawPanel(own, order, alpha) {
  const { panel, data } = own;
  text(panel.head, `rank along α · now ${alpha.toFixed(2)}`);
  panel.marker.style.setProperty("--x", alpha);
  const first = order.slice(0, data.shown);
  panel.lines.forEach((line, i) => line.classList.toggle("first", first.includes(i)));
}

// The item under the pointer or with the focus is marked wherever it is shown.
function markSame(root, own) {
  const mark = (event) => {
    const under = event.composedPath().find((part) => part.dataset?.item)?.dataset.item;
    if (under === own.marked) return;
    own.marked = under;
    root.querySelectorAll("[data-item]").forEach((part) => part.classList.toggle("same", part.dataset.item === under));
  };
  for (const kind of ["pointerover", "focusin"]) root.addEventListener(kind, mark);
  root.addEventListener("pointerleave", mark);
}
