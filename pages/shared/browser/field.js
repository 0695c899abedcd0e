// The field of an α: a slider with marks below it, and its value, which can be typed. Match uses it, too.

const nearest = (alphas, alpha) =>
  alphas.reduce((best, value, i) => (Math.abs(value - alpha) < Math.abs(alphas[best] - alpha) ? i : best), 0);

// The position of an α along the track, 0 to 1. The slider steps through the table, which may be unevenly spaced.
function along(alphas, alpha) {
  const after = alphas.findIndex((value) => value >= alpha - 1e-9);
  if (after <= 0) return 0;
  const part = (alpha - alphas[after - 1]) / (alphas[after] - alphas[after - 1]);
  return (after - 1 + part) / (alphas.length - 1);
}

// data: {alphas, ticks, flat}. on: called when the user moves the slider, lets it go, and takes or leaves it.
function buildField(parent, data, name, i, on) {
  const field = element(parent, "div", "field");
  const head = element(field, "div", "head");
  const label = element(head, "label");
  const typed = element(head, "input", "typed");
  Object.assign(typed, { type: "number", min: 0, max: 1, step: 0.01 });
  typed.setAttribute("aria-label", `${name}, typed`);
  label.htmlFor = `alpha-${i}`;
  label.textContent = name;
  const input = element(field, "input");
  Object.assign(input, { type: "range", id: `alpha-${i}`, min: 0, max: data.alphas.length - 1, step: 1 });
  input.setAttribute("aria-label", name);
  const go = (alpha) => {
    if (Number.isFinite(alpha)) input.value = nearest(data.alphas, alpha);
    on.settled(input);
  };
  input.oninput = () => on.moved(input);
  input.onchange = () => on.settled(input);
  typed.onchange = () => go(Number.parseFloat(typed.value));
  input.onpointerdown = () => on.held(true);
  input.onpointerup = input.onpointercancel = () => on.held(false);
  const track = element(field, "div", "track");
  if (data.flat) {
    const flat = element(track, "div", "flat");
    flat.style.setProperty("--from", along(data.alphas, data.flat[0]));
    flat.style.setProperty("--to", along(data.alphas, data.flat[1]));
    flat.title = "plateau: within noise of α*";
  }
  const pin = element(track, "div", "pinned");
  const scale = element(field, "div", "scale");
  for (const tick of data.ticks) {
    const mark = button(scale, `tick ${tick.kind}`, tick.label, () => go(tick.alpha));
    mark.style.setProperty("--p", along(data.alphas, tick.alpha));
    mark.title = tick.hint;
  }
  return { input, typed, go, pin };
}
