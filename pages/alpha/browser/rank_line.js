// The line of an article's rank along α, rank 1 at the top on a logarithmic scale, with its overtakings as buttons.
// A selected one shows the two images that change places.

function buildRankLine(parent) {
  const box = element(parent, "figure", "rank-line");
  const caption = element(box, "figcaption", "caption");
  const plot = element(box, "div", "plot");
  plot.innerHTML = '<svg viewBox="0 0 1 1" preserveAspectRatio="none" aria-hidden="true"><path/></svg>';
  const now = element(plot, "div", "now");
  const ticks = element(plot, "div", "ranks-scale");
  const pair = element(box, "div", "pair");
  pair.setAttribute("aria-live", "polite");
  return { box, caption, plot, path: plot.querySelector("path"), now, ticks, dots: [], pair, chosen: null };
}

function rankLine(own, line, article, alpha) {
  own.box.hidden = !line;
  if (!line) return;
  const at = Number.parseFloat(alpha);
  own.now.hidden = !(at >= 0);
  own.now.style.left = `${100 * at}%`;
  if (own.drawn === line.caption && own.article === article.id) return;
  Object.assign(own, { drawn: line.caption, article: article.id, chosen: null });
  text(own.caption, line.caption);
  own.caption.title = line.caption;
  const most = Math.max(10, ...line.ranks);
  const height = (rank) => Math.log(rank) / Math.log(most);
  const corners = line.ranks.map((rank, i) => `${i ? "H" + line.at[i - 1] + "V" : "M0 "}${height(rank)}`);
  own.path.setAttribute("d", `${corners.join("")}H1`);
  scale(own.ticks, most, height);
  dots(own, line, article, height);
  showPair(own, null, article);
}

function scale(box, most, height) {
  box.replaceChildren();
  for (const rank of [1, 10, 100, 1000, 10000].filter((value) => value <= most)) {
    const tick = element(box, "span");
    tick.textContent = counted(rank);
    tick.style.top = `${100 * height(rank)}%`;
  }
}

function dots(own, line, article, height) {
  own.dots.forEach((dot) => dot.remove());
  own.dots = line.events.map((event) => {
    const dot = element(own.plot, "button", event.passes ? "dot down" : "dot up");
    dot.type = "button";
    dot.style.left = `${100 * event.alpha}%`;
    dot.style.top = `${100 * height(event.rank)}%`;
    dot.setAttribute("aria-label", described(event));
    dot.title = described(event);
    dot.onclick = () => showPair(own, own.chosen === event ? null : event, article, dot);
    return dot;
  });
}

const described = (event) =>
  `α = ${event.alpha.toFixed(4)}: rank ${counted(event.passes ? event.rank - 1 : event.rank + 1)} → ${counted(event.rank)}`;

function showPair(own, event, article, dot) {
  own.chosen = event;
  own.dots.forEach((other) => other.setAttribute("aria-pressed", String(Boolean(event) && other === dot)));
  own.pair.replaceChildren();
  own.pair.hidden = !event;
  if (!event) return;
  const words = element(own.pair, "p", "caption");
  const what = event.passes ? "passes the article's own image" : "falls behind the article's own image";
  words.textContent = `${described(event)}. The image of “${event.headline}” ${what}.`;
  const ahead = [{ image: event.image, name: "this image" }, { image: article.image, name: "own image" }];
  if (!event.passes) ahead.reverse();
  for (const { image, name } of ahead) {
    const box = element(own.pair, "div");
    show(element(box, "img"), image, name);
    element(box, "span").textContent = name;
  }
}
