// The dialog with the keys of a page. Letters and digits can be switched off, for users of speech input. Match uses it,
// too.

const SWITCH = "rematch-alpha-keys-off";

// keys: pairs of key and effect.
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
  const target = event.composedPath()[0];
  const isField = target.matches?.("input:not([type=range]), textarea, select, [contenteditable=true], [role=combobox]");
  return isField || localStorage.getItem(SWITCH) || document.querySelector("[role=dialog], [role=listbox]");
}
