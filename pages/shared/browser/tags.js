// Tags of the selected article: the set ones, and all known ones to toggle while it is open.

function buildTags(parent, send) {
  const box = element(parent, "div", "tags");
  const toggle = button(box, "open-tags", "Tag", () => openTags(own, !own.open));
  toggle.setAttribute("aria-expanded", "false");
  toggle.title = "Tag the article (T)";
  const own = { box, toggle, pills: [], open: false, send };
  return own;
}

function openTags(own, open) {
  own.open = open;
  attribute(own.toggle, "aria-expanded", String(open));
  drawTags(own, own.data, own.article);
  if (open) own.pills[0]?.focus();
  else own.toggle.focus();
}

function drawTags(own, data, article) {
  Object.assign(own, { data, article });
  while (own.pills.length < data.known.length) {
    const i = own.pills.length;
    own.pills.push(button(own.box, "pill", "", () => toggleTag(own, i)));
  }
  own.pills.forEach((pill, i) => {
    const tag = data.known[i];
    const isSet = data.set.includes(tag);
    pill.hidden = tag === undefined || !(own.open || isSet);
    if (pill.hidden) return;
    text(pill, own.open && i < 9 ? `${i + 1} ${tag}` : tag);
    attribute(pill, "aria-pressed", String(isSet));
  });
}

function toggleTag(own, i) {
  const tag = own.data.known[i];
  if (tag === undefined) return;
  const isSet = !own.data.set.includes(tag);
  const set = isSet ? [...own.data.set, tag] : own.data.set.filter((other) => other !== tag);
  drawTags(own, { ...own.data, set }, own.article);
  own.send("tagged", { article: own.article, tag, is_set: isSet });
}
