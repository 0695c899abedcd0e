// Strip that compares three models: the first image of each, and the rank of the article's own image as a bar.

function buildStrip(parent) {
  const box = element(parent, "div", "strip");
  const cells = [0, 1, 2].map(() => {
    const cell = element(box, "div", "model");
    const image = element(cell, "img");
    image.loading = "lazy";
    const words = element(cell, "div");
    const name = element(words, "span", "name");
    const rank = element(words, "strong");
    const bar = element(element(words, "div", "track"), "div", "bar");
    const own = element(words, "span", "own");
    return { cell, image, name, rank, bar, own };
  });
  return { box, cells };
}

function drawStrip({ cells }, models) {
  cells.forEach(({ cell, image, name, rank, bar, own }, i) => {
    const model = models[i];
    attribute(cell, "data-model", model.model.toLowerCase());
    attribute(cell, "data-own", String(model.own));
    attribute(cell, "title", `${model.model} ranks first: ${model.headline}${model.own ? " (own image)" : ""}`);
    show(image, model.image, `Ranked first by ${model.model}: ${model.headline}`);
    text(name, model.model);
    text(rank, counted(model.rank));
    bar.style.width = `${Math.max(2, 100 * model.position)}%`;
    text(own, model.own ? "✓ own" : "");
  });
}
