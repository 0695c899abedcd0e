// Card of one article. The selected card has the panel with its tags and its note.

function buildCard(own) {
  const box = element(own.list, "li", "card");
  const made = { box, id: null };
  made.image = element(box, "img", "published");
  made.image.loading = "lazy";
  const words = element(box, "div", "words");
  made.headline = button(words, "headline", "", () => own.choose(made.id));
  made.about = element(words, "p", "caption");
  made.strip = buildStrip(words);
  made.tags = element(words, "p", "set-tags");
  box.onclick = (event) => !event.target.closest("button, a, input, textarea, label") && own.choose(made.id);
  return made;
}

function drawCard(made, card, tags, isCurrent) {
  made.box.hidden = !card;
  made.id = card?.id ?? null;
  if (!card) return;
  show(made.image, card.image, card.image ? "Its own image" : "Its own image cannot be read");
  text(made.headline, card.headline);
  attribute(made.headline, "title", card.headline);
  text(made.about, `${card.arrow} ${card.about}`);
  drawStrip(made.strip, card.models);
  made.tags.hidden = isCurrent || !(tags.length || card.note);
  text(made.tags, [tags.join(", "), card.note].filter(Boolean).join(" · "));
  attribute(made.box, "aria-current", String(isCurrent));
  attribute(made.headline, "aria-pressed", String(isCurrent));
  made.headline.tabIndex = isCurrent ? 0 : -1;
}

function buildPanel(own) {
  const box = document.createElement("div");
  box.className = "panel";
  const tags = buildTags(box, (name, value) => own.tag(value));
  tags.toggle.hidden = true;
  tags.open = true;
  const field = newTagField(tags.box, (tag) => own.tag({ article: tags.article, tag, is_set: true }));
  const note = buildNote(box, (change) => own.operate({ kind: "note", ...change }));
  const link = element(note.field.parentElement, "a");
  link.textContent = "Drag α";
  link.title = "Open the article on the Alpha page (Enter)";
  link.onclick = (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    own.open();
  };
  return { box, tags, field, note, link };
}

function drawPanel(panel, made, card, set, known) {
  if (panel.box.parentElement !== made.box.querySelector(".words")) made.box.querySelector(".words").append(panel.box);
  drawTags(panel.tags, { set, known }, card.id);
  if (panel.tags.box.lastChild !== panel.field) panel.tags.box.append(panel.field);
  drawNote(panel.note, card.id, card.note);
  attribute(panel.link, "href", card.link);
}
