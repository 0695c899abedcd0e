// Keys of the Alpha page.

const KEYS = [
  ["← →", "α by one step, on the slider"],
  ["Page Up, Page Down", "α by several steps, on the slider"],
  ["Home, End", "zero-shot, fine-tuned, on the slider"],
  ["0 … 9", "α = 0.0 … 0.9"],
  ["Space", "play or pause"],
  ["P", "pin α, or unpin it"],
  ["J, K", "next, previous article"],
  ["Enter", "open the selected article in Rank changes"],
  ["T", "tag it; then 1 … 9 for a tag, Esc to close"],
  ["?", "these keys"],
];

function buildKeys(root, own) {
  own.slider.showKeys = listenToKeys(root, KEYS, (event) => actionOf(event, own));
  root.addEventListener("click", (event) => event.target === own.slider.help && own.slider.showKeys());
  return own.slider.showKeys;
}

function actionOf(event, { slider, board }) {
  const target = event.composedPath()[0];
  const isPressed = isOn(event, PRESSED_BY_KEY);
  const { tags } = board.article;
  const key = event.key.toLowerCase();
  if (tags.open && key === "escape") return () => openTags(tags, false);
  if (tags.open && /^[1-9]$/.test(key)) return () => toggleTag(tags, Number(key) - 1);
  if (/^[0-9]$/.test(key)) return () => slider.inputs[slider.active ?? 0].go(Number(key) / 10);
  if (key === "enter" && (!isPressed || target.getAttribute("aria-pressed") === "true" && target.closest("tbody")))
    return board.open;
  if (key === " " && !isPressed) return slider.play.toggle;
  return {
    j: () => stepThrough(board.list, 1),
    k: () => stepThrough(board.list, -1),
    t: () => openTags(tags, !tags.open),
    p: slider.pin.hidden ? null : () => slider.pin.click(),
    "?": slider.showKeys,
  }[key];
}
