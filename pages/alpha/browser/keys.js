// Keys of the page, wherever the focus is except in a field or a dialog.

const KEYS = [
  ["← →", "α by one step, on the slider"],
  ["Page Up, Page Down", "α by several steps, on the slider"],
  ["Home, End", "zero-shot, fine-tuned, on the slider"],
  ["0 … 9", "α = 0.0 … 0.9"],
  ["Space", "play or pause"],
  ["P", "pin α, or unpin it"],
  ["J, K", "next, previous article"],
  ["Enter", "read the selected article"],
  ["T", "tag it; then 1 … 9 for a tag, Esc to close"],
  ["?", "these keys"],
];

function buildKeys(root, own) {
  const dialog = buildDialog(root, KEYS);
  own.slider.showKeys = () => dialog.showModal();
  const listen = (event) => {
    if (!root.isConnected) return document.removeEventListener("keydown", listen);
    if (isElsewhere(event, dialog)) return;
    const action = actionOf(event, own);
    if (!action) return;
    event.preventDefault();
    action();
  };
  document.addEventListener("keydown", listen);
  root.addEventListener("click", (event) => event.target === own.slider.help && own.slider.showKeys());
  return listen;
}

function actionOf(event, { slider, board }) {
  const target = event.composedPath()[0];
  const isPressed = target.matches?.("button, a, summary, [role=button], [role=tab], [role=radio], [role=switch]");
  const { tags, headline } = board.article;
  const key = event.key.toLowerCase();
  if (tags.open && key === "escape") return () => openTags(tags, false);
  if (tags.open && /^[1-9]$/.test(key)) return () => toggleTag(tags, Number(key) - 1);
  if (/^[0-9]$/.test(key)) return () => slider.inputs[slider.active ?? 0].go(Number(key) / 10);
  if (key === "enter" && (!isPressed || target.getAttribute("aria-pressed") === "true" && target.closest("tbody")))
    return () => headline.focus();
  if (key === " " && !isPressed) return slider.play.toggle;
  return {
    j: () => stepThrough(board.list, 1),
    k: () => stepThrough(board.list, -1),
    t: () => openTags(tags, !tags.open),
    p: slider.pin.hidden ? null : () => slider.pin.click(),
    "?": slider.showKeys,
  }[key];
}
