// The board: the list of articles and the images of the selected one, at the α of the last message from the server.
// Only values that changed are written to the page.

function board(root, own, data, setStateValue) {
  if (!own.body) Object.assign(own, buildBoard(root));
  own.choose = (id) => setStateValue("chosen", { article: id, time: Date.now() });
  text(own.listCaption, data.list_caption);
  rows(own, data);
  article(own, data.article);
  rankLine(own.line, data.line, data.article, data.alpha);
  images(own, data.images);
  root.dataset.alpha = data.alpha;
}

const text = (box, words) => box.textContent !== words && (box.textContent = words);
const attribute = (box, name, value) => box.getAttribute(name) !== value && box.setAttribute(name, value);

function buildBoard(root) {
  const list = element(root, "section", "list");
  const listCaption = element(list, "p", "caption");
  const scroll = element(list, "div", "scroll");
  const table = element(scroll, "table");
  const head = element(element(table, "thead"), "tr");
  const heads = ["article", "zero-shot", "at α", "fine-tuned"].map((name) => {
    const cell = element(head, "th");
    cell.textContent = name;
    cell.scope = "col";
    return cell;
  });
  heads.slice(1).forEach((cell, i) => cell.classList.add(["zero-shot", "wise-ft", "fine-tuned"][i]));
  const body = element(table, "tbody");
  const right = element(root, "section", "article");
  const top = element(right, "div", "top");
  const image = element(top, "img", "own");
  const words = element(top, "div", "words");
  const headline = element(words, "h2");
  const about = element(words, "p", "caption");
  const ranks = element(words, "p", "ranks");
  const line = buildRankLine(right);
  const caption = element(right, "p", "caption");
  caption.setAttribute("aria-live", "polite");
  const found = element(right, "ol", "images");
  return { listCaption, body, line, lines: [], image, headline, about, ranks, caption, found, tiles: [] };
}

// An image that cannot be read has no source: only its text is shown.
function show(image, source, words) {
  if (source) attribute(image, "src", source);
  else image.removeAttribute("src");
  attribute(image, "alt", words);
}

function rows(own, data) {
  while (own.lines.length < data.rows.length) own.lines.push(buildLine(own));
  own.lines.forEach((line, i) => {
    const row = data.rows[i];
    line.row.hidden = !row;
    if (!row) return;
    line.id = row.id;
    text(line.button, row.headline);
    [row.zero_shot, row.here, row.fine_tuned].forEach((rank, k) => text(line.cells[k], counted(rank)));
    const change = Math.sign(row.fine_tuned - row.here);
    attribute(line.cells[1], "data-change", change > 0 ? "▲" : change < 0 ? "▼" : "");
    attribute(line.button, "aria-pressed", String(row.id === data.article.id));
  });
}

function buildLine(own) {
  const row = element(own.body, "tr");
  const button = element(element(row, "td"), "button");
  button.type = "button";
  const made = { row, button, cells: [0, 1, 2].map(() => element(row, "td", "rank")) };
  row.onclick = () => own.choose(made.id);
  return made;
}

function article(own, data) {
  show(own.image, data.image, "The image this article was published with");
  text(own.headline, data.headline);
  text(own.about, data.about);
  text(own.ranks, data.ranks);
  text(own.caption, data.caption);
}

function images(own, found) {
  while (own.tiles.length < found.length) {
    const box = element(own.found, "li");
    own.tiles.push({ box, image: element(box, "img"), caption: element(box, "span") });
  }
  own.tiles.forEach((tile, i) => {
    const image = found[i];
    tile.box.hidden = !image;
    if (!image) return;
    show(tile.image, image.image, image.headline);
    attribute(tile.box, "title", image.headline);
    tile.box.classList.toggle("its-own", image.own);
    text(tile.caption, image.own ? `${i + 1} ✓ own image` : `${i + 1}`);
  });
}
