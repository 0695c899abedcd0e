// The cards of one page, one of them selected. Stepping over the end of the page asks the server for the next page.

const QUIET = 250; // ms without a step before the server hears which article is selected

function buildCards(root, own) {
  own.scroll = element(root, "div", "scroll");
  own.earlier = button(own.scroll, "page", "", () => own.choose(own.data.page_before));
  own.list = element(own.scroll, "ol", "cards");
  own.list.setAttribute("aria-label", "Articles");
  own.later = button(own.scroll, "page", "", () => own.choose(own.data.after));
  own.made = [];
  own.panel = buildPanel(own);
}

function drawCards(own, data) {
  const ids = data.cards.map((card) => card.id);
  const here = Math.max(0, ids.indexOf(own.selected ?? data.current));
  dispatchEvent(new CustomEvent("rematch-article", { detail: ids[here] })); // the chart marks it
  const pending = own.queue.pending.filter((operation) => operation.is_set).map((operation) => operation.tag);
  const known = [...new Set([...data.known.map(({ tag }) => tag), ...pending])];
  while (own.made.length < data.cards.length) own.made.push(buildCard(own));
  own.made.forEach((made, i) => {
    const card = data.cards[i];
    const tags = card ? tagsWithPending(own.queue, card.id, card.tags) : [];
    drawCard(made, card, tags, i === here);
    if (i === here) drawPanel(own.panel, made, card, tags, known);
  });
  own.here = here;
  own.earlier.hidden = !data.page_before;
  own.later.hidden = !data.after;
  text(own.earlier, `‹ Articles before ${counted(data.first)}`);
  text(own.later, `Articles after ${counted(data.first + data.cards.length - 1)} ›`);
  drawBar(own.bar, own, data, data.first + here);
  drawBulk(own.bulk, data);
}

function step(own, by) {
  const { cards, before, after } = own.data;
  const id = cards[own.here + by]?.id ?? (by < 0 ? before : after);
  if (!id) return;
  own.choose(id);
  own.made[own.here].headline.focus({ preventScroll: true });
}

function choose(own, id) {
  own.selected = id;
  const isHere = own.data.cards.some((card) => card.id === id);
  if (isHere) {
    drawCards(own, own.data);
    reveal(own);
  } else own.box.setAttribute("aria-busy", "true");
  clearTimeout(own.telling);
  const tell = (patience) => {
    own.send("chosen", { article: id });
    own.telling = setTimeout(() => own.selected === id && own.box.isConnected && tell(2 * patience), patience);
  };
  own.telling = setTimeout(() => tell(ANSWER_AT_LATEST), isHere ? QUIET : 0);
}

// Scroll the selected card into the view of the list, and no other scrolling area.
function reveal(own) {
  const { offsetTop: top, offsetHeight: height } = own.made[own.here].box;
  const { scrollTop, clientHeight } = own.scroll;
  if (top < scrollTop) own.scroll.scrollTop = top - 8;
  else if (top + height > scrollTop + clientHeight) own.scroll.scrollTop = Math.min(top - 8, top + height - clientHeight + 8);
}
