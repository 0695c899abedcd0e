// Keys of a page, wherever the focus is except in a field or a dialog, and the dialog that lists them. Letters and
// digits can be switched off, for users of speech input.

const SWITCH = "rematch-keys-off";

// actionOf: from a keydown event to what to do, or nothing. Returns a function that shows the keys.
function listenToKeys(root, keys, actionOf) {
  const dialog = buildDialog(root, keys);
  const listen = (event) => {
    if (!root.isConnected) return document.removeEventListener("keydown", listen);
    if (isElsewhere(event, dialog)) return;
    const action = actionOf(event);
    if (!action) return;
    event.preventDefault();
    action();
  };
  document.addEventListener("keydown", listen);
  return () => dialog.showModal();
}

function buildDialog(root, keys) {
  const dialog = element(root, "dialog", "keys");
  dialog.setAttribute("aria-label", "Keys");
  const table = element(dialog, "dl");
  for (const [key, effect] of keys) {
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
  const isField = isOn(event, "input:not([type=range], [type=checkbox]), textarea, select, [contenteditable=true], [role=combobox]");
  return isField || localStorage.getItem(SWITCH) || document.querySelector("[role=dialog], [role=listbox]");
}

const isOn = (event, selector) => Boolean(event.composedPath()[0].matches?.(selector));
const PRESSED_BY_KEY = "button, a, summary, [role=button], [role=tab], [role=radio], [role=switch]";
