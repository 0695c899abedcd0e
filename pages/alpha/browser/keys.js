// Keys of the page, wherever the focus is except in a field or a dialog. Letters and digits can be switched off, for
// users of speech input.

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
const SWITCH = "rematch-alpha-keys-off";

function buildKeys(root, own) {
  const dialog = buildDialog(root);
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

function buildDialog(root) {
  const dialog = element(root, "dialog", "keys");
  dialog.setAttribute("aria-label", "Keys");
  const table = element(dialog, "dl");
  for (const [key, effect] of KEYS) {
    element(table, "dt").textContent = key;
    element(table, "dd").textContent = effect;
  }
  const label = element(dialog, "label");
  const box = element(label, "input");
  Object.assign(box, { type: "checkbox", checked: !localStorage.getItem(SWITCH) });
  box.onchange = () => (box.checked ? localStorage.removeItem(SWITCH) : localStorage.setItem(SWITCH, "1"));
  label.append(" Use letters, digits and Space as keys");
  button(dialog, "", "Close", () => dialog.close());
  return dialog;
}

// Whether the key belongs to a field, a dialog or the browser.
function isElsewhere(event, dialog) {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || dialog.open) return true;
  const target = event.composedPath()[0];
  const isField = target.matches?.("input:not([type=range]), textarea, select, [contenteditable=true], [role=combobox]");
  return isField || localStorage.getItem(SWITCH) || document.querySelector("[role=dialog], [role=listbox]");
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
