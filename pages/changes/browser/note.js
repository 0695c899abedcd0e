// Note of the selected article. A text that is not stored yet stays, also when another user changes the note meanwhile.

function buildNote(parent, save) {
  const box = element(parent, "label", "note");
  element(box, "span").textContent = "Note";
  const field = element(box, "textarea");
  Object.assign(field, { rows: 1, maxLength: 2000, placeholder: "Write a note (N); Esc stores it" });
  const button_ = button(box, "", "Save", () => own.save());
  const conflict = element(parent, "p", "conflict");
  conflict.setAttribute("role", "alert");
  const own = { field, button: button_, conflict, drafts: new Map(), article: null, stored: "" };
  own.save = () => {
    const draft = own.drafts.get(own.article);
    if (draft) save({ article: own.article, before: draft.before, after: draft.value });
  };
  field.oninput = () => {
    const before = own.drafts.get(own.article)?.before ?? own.stored;
    own.drafts.set(own.article, { ...own.drafts.get(own.article), before, value: field.value });
    drawNote(own, own.article, own.stored);
  };
  field.onchange = own.save;
  field.onkeydown = (event) => {
    if (event.key === "Escape" || (event.key === "Enter" && (event.ctrlKey || event.metaKey))) field.blur();
  };
  return own;
}

// stored: the note that the server has.
function drawNote(own, article, stored) {
  const draft = own.drafts.get(article);
  if (draft && draft.value.trim() === stored) own.drafts.delete(article);
  else if (draft && draft.before !== stored) Object.assign(draft, { before: stored, conflict: stored || "(removed)" });
  const left = own.drafts.get(article);
  const value = left?.value ?? stored;
  const isTyping = own.article === article && own.field.getRootNode().activeElement === own.field;
  if (!isTyping && own.field.value !== value) own.field.value = value;
  Object.assign(own, { article, stored });
  own.button.hidden = !left;
  own.conflict.hidden = !left?.conflict;
  text(own.conflict, left?.conflict ? `Another user changed this note to: ${left.conflict}. Save replaces it.` : "");
}
