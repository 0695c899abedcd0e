// The selected article: its own image, ranks, tags and rank along α, and the first images at this α.

function buildArticle(root, send) {
  const box = element(root, "section", "article");
  box.setAttribute("aria-label", "Selected article");
  const top = element(box, "div", "top");
  const image = element(top, "img", "own");
  const words = element(top, "div", "words");
  const headline = element(words, "h2");
  headline.tabIndex = -1;
  const about = element(words, "p", "caption");
  const ranks = element(words, "p", "ranks");
  const tags = buildTags(words, send);
  const line = buildRankLine(box);
  const caption = element(box, "p", "caption");
  caption.setAttribute("aria-live", "polite");
  const found = element(box, "ol", "images");
  const lost = element(box, "div", "lost");
  element(lost, "p", "caption");
  return { line, image, headline, about, ranks, tags, caption, found, tiles: [], lost, lostTiles: [] };
}

function article(own, data, position, here) {
  const { article, along } = data;
  const rank = here?.rank ?? along.ranks[position.here];
  const first = here?.first ?? along.first[position.here];
  const before = position.pinned === null ? first : along.first[position.pinned];
  const found = first.map((index, i) => ({ ...data.images[index], place: i + 1, new: !before.includes(index) }));
  const gone = before.map((index, i) => ({ ...data.images[index], place: i + 1 })).filter((_, i) => !first.includes(before[i]));
  const total = counted(article.total);
  show(own.image, article.image, "The image this article was published with");
  text(own.headline, article.headline);
  attribute(own.headline, "title", article.headline);
  text(own.about, article.about);
  const [zeroShot, fineTuned] = [along.zero_shot, along.fine_tuned].map(counted);
  text(own.ranks, `Rank ${counted(rank)} at α · ${zeroShot} zero-shot · ${fineTuned} fine-tuned, of ${total}`);
  const where = found.some(({ own }) => own) ? "" : ` Its own image is at rank ${counted(rank)} of ${total}.`;
  attribute(own.caption, "aria-live", position.held ? "off" : "polite");
  text(own.caption, `The first ${first.length} images at α = ${position.name}.${where}`);
  drawTags(own.tags, data.tags, article.id);
  rankLine(own.line, data.line, article, position.name);
  drawImages(own.found, own.tiles, found);
  own.lost.hidden = !gone.length;
  text(own.lost.firstChild, `Only at the pinned α = ${position.pinnedName}:`);
  if (!own.lostList) own.lostList = element(own.lost, "ol", "images");
  drawImages(own.lostList, own.lostTiles, gone);
}

function drawImages(box, tiles, images) {
  while (tiles.length < images.length) {
    const tile = element(box, "li");
    tiles.push({ box: tile, image: element(tile, "img"), caption: element(tile, "span") });
  }
  tiles.forEach((tile, i) => {
    const image = images[i];
    tile.box.hidden = !image;
    if (!image) return;
    show(tile.image, image.image, image.headline);
    attribute(tile.box, "title", image.headline);
    tile.box.classList.toggle("its-own", image.own);
    tile.box.classList.toggle("new", image.new);
    text(tile.caption, `${image.place}${image.own ? " ✓ own image" : image.new ? " new" : ""}`);
  });
}
