// Keys of the Match page, wherever the focus is except in a field or a dialog.

const KEYS = [
  ["← →", "α by one step, on the slider"],
  ["Page Up, Page Down", "α by several steps, on the slider"],
  ["Home, End", "zero-shot, fine-tuned, on the slider"],
  ["0 … 9", "α = 0.0 … 0.9"],
  ["Space", "play or pause"],
  ["?", "these keys"],
];
const PRESENTATION_KEYS = [
  ["→, Page Down, Space", "next headline"],
  ["←, Page Up", "previous headline"],
  ["Home, End", "first, last headline"],
  ["F", "full screen"],
  ["Esc", "close the presentation"],
  ["?", "these keys"],
];

function buildKeys(root, own) {
  const holder = element(root.parentNode, "div", "dialogs");
  const dialogs = [KEYS, PRESENTATION_KEYS].map((keys) => buildDialog(holder, keys));
  const dialog = () => dialogs[own.presentation ? 1 : 0];
  own.showKeys = () => dialog().showModal();
  const listen = (event) => {
    if (!root.isConnected) return document.removeEventListener("keydown", listen);
    if (isElsewhere(event, dialog())) return;
    const action = own.presentation ? presentationAction(event, own) : actionOf(event, own);
    if (!action) return;
    event.preventDefault();
    action();
  };
  document.addEventListener("keydown", listen);
  root.addEventListener("click", (event) => event.target === own.help && own.showKeys());
  return listen;
}

function actionOf(event, own) {
  const target = event.composedPath()[0];
  const isPressed = target.matches?.("button, a, summary, [role=button], [role=tab], [role=radio], [role=switch]");
  if (/^[0-9]$/.test(event.key)) return () => own.field.go(Number(event.key) / 10);
  if (event.key === " " && !isPressed) return own.play.toggle;
  return event.key === "?" ? own.showKeys : null;
}

function presentationAction(event, own) {
  const { index, count } = own.data.present;
  const isPressed = event.composedPath()[0].matches?.("button") && event.key === " ";
  if (isPressed) return null;
  return {
    ArrowRight: () => step(own, 1), PageDown: () => step(own, 1), " ": () => step(own, 1),
    ArrowLeft: () => step(own, -1), PageUp: () => step(own, -1),
    Home: () => step(own, -index), End: () => step(own, count - 1 - index),
    f: toggleFullScreen, F: toggleFullScreen, Escape: () => leavePresentation(own), "?": own.showKeys,
  }[event.key];
}
