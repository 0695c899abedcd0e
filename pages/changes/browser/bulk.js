// Panel that tags all articles that match the filters, with how many of them have each tag.

function buildBulk(parent, operate) {
  const box = element(parent, "div", "bulk");
  box.id = "bulk";
  const caption = element(box, "p", "caption");
  const pills = element(box, "div", "tags");
  const field = newTagField(pills, (tag) => own.change(tag, true));
  const own = { box, caption, pills: [], list: pills, field, open: false };
  own.change = (tag, is_set) => operate({ kind: "tag_all", tag, is_set, stamp: own.data.stamp });
  return own;
}

function drawBulk(own, data) {
  own.data = data;
  own.box.hidden = !own.open;
  text(own.caption, `Set or remove a tag on all ${counted(data.total)} articles that match the filters:`);
  while (own.pills.length < data.known.length) {
    const pill = button(own.list, "pill", "", () => own.change(pill.dataset.tag, pill.getAttribute("aria-pressed") !== "true"));
    own.pills.push(pill);
    own.list.append(own.field);
  }
  own.pills.forEach((pill, i) => {
    const known = data.known[i];
    pill.hidden = known === undefined;
    if (pill.hidden) return;
    pill.dataset.tag = known.tag;
    text(pill, `${known.tag} · ${counted(known.count)}`);
    attribute(pill, "aria-pressed", known.count === data.total ? "true" : known.count ? "mixed" : "false");
  });
}

// Field for a tag that is not known yet.
function newTagField(parent, add) {
  const field = element(parent, "input", "new-tag");
  Object.assign(field, { type: "text", maxLength: 40, placeholder: "New tag" });
  field.setAttribute("aria-label", "New tag");
  field.onkeydown = (event) => {
    if (event.key === "Escape") field.blur();
    if (event.key !== "Enter" || event.isComposing || !field.value.trim()) return;
    add(field.value.trim().replace(/\s+/g, " "));
    field.value = "";
  };
  return field;
}
