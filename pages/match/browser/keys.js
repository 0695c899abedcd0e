// Keys of the Match page, wherever the focus is except in a field or a dialog.

const KEYS = [
  ["← →", "α by one step, on the slider"],
  ["Page Up, Page Down", "α by several steps, on the slider"],
  ["Home, End", "zero-shot, fine-tuned, on the slider"],
  ["0 … 9", "α = 0.0 … 0.9"],
  ["Space", "play or pause"],
  ["?", "these keys"],
];

function buildKeys(root, own) {
  const holder = element(root.parentNode, "div", "dialogs");
  const dialog = buildDialog(holder, KEYS);
  const listen = (event) => {
    if (!root.isConnected) return document.removeEventListener("keydown", listen);
    if (isElsewhere(event, dialog)) return;
    const action = actionOf(event, own, dialog);
    if (!action) return;
    event.preventDefault();
    action();
  };
  document.addEventListener("keydown", listen);
  root.addEventListener("click", (event) => event.target === own.help && dialog.showModal());
  return listen;
}

function actionOf(event, own, dialog) {
  const target = event.composedPath()[0];
  const isPressed = target.matches?.("button, a, summary, [role=button], [role=tab], [role=radio], [role=switch]");
  if (/^[0-9]$/.test(event.key)) return () => own.field.go(Number(event.key) / 10);
  if (event.key === " " && !isPressed) return own.play.toggle;
  return event.key === "?" ? () => dialog.showModal() : null;
}
