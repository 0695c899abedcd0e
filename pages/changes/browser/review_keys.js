// Keys for the review of articles.

const KEYS = [
  ["J, K", "next, previous article"],
  ["1 … 9", "set or remove a tag of the selected article"],
  ["T", "type a new tag; Enter sets it"],
  ["N", "write a note; Esc stores it"],
  ["U", "undo the last change"],
  ["A", "go to the next article after setting a tag, or not"],
  ["B", "tag all articles that match the filters"],
  ["Enter", "open the article on the Alpha page"],
  ["?", "these keys"],
];

function buildReviewKeys(root, own) {
  own.showKeys = listenToKeys(root, KEYS, (event) => reviewAction(event, own));
}

function reviewAction(event, own) {
  if (own.box.hasAttribute("aria-busy")) return undefined; // the selected article is on its way
  const key = event.key.toLowerCase();
  if (/^[1-9]$/.test(key)) return () => toggleTag(own.panel.tags, Number(key) - 1);
  if (key === "escape" && own.bulk.open) return () => own.openBulk(false);
  const onSelected = event.composedPath()[0] === own.made[own.here]?.headline;
  if (key === "enter") return !isOn(event, PRESSED_BY_KEY) || onSelected ? own.open : undefined;
  return {
    j: () => own.step(1),
    k: () => own.step(-1),
    t: () => own.panel.field.focus(),
    n: () => own.panel.note.field.focus(),
    u: () => own.operate({ kind: "undo" }),
    a: () => (own.bar.advance.checked = !own.bar.advance.checked),
    b: () => own.openBulk(!own.bulk.open),
    "?": own.showKeys,
  }[key];
}
