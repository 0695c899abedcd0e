// Match: a slider, the first items at its α, and both ends. All of it is drawn within a frame, without the server.

const state = new WeakMap();

export default function ({ data, parentElement, setStateValue }) {
  const own = state.get(parentElement) ?? { local: true, held: false, at: null, data: {} };
  state.set(parentElement, own);
  own.send = setStateValue;
  const root = parentElement.querySelector(".match");
  if (own.about !== data.about) renew(root, own, data);
  own.data = { ...data, ...own.known, towers: [{ label: "α", alpha: data.alpha }] };
  if (own.sent && same(own.sent, [data.alpha])) answered(own, root);
  if (!own.held && !own.sent && !own.play?.runs()) own.at = [nearest(own.known.alphas, data.alpha)];
  draw(own);
}

// Another query, another number of items, or another run.
function renew(root, own, data) {
  clearTimeout(own.waiting);
  own.play?.stop();
  const known = JSON.parse(data.about);
  Object.assign(own, { about: data.about, known, sent: null, data: { ...data, ...known } });
  own.table = scoreTable(known.scores, known.alphas, known.items.length);
  own.orders = own.table.map(orderOf);
  own.ranks = own.orders.map((order) => order.reduce((ranks, i, place) => ((ranks[i] = place + 1), ranks), []));
  root.replaceChildren();
  own.cards = own.presentation = null;
  if (!own.keys) own.keys = buildKeys(root, own);
  if (known.presents) {
    own.presentation = buildPresentation(root, own);
    return;
  }
  buildSlider(root, own);
  own.cards = buildCards(root, own);
  own.sure = element(root, "p", "sentence");
  own.sure.setAttribute("aria-live", "polite");
  own.panel = buildPanel(root);
  fillPanel(own);
  if (!own.marks) markSame(root, own);
  own.marks = true;
}

function buildSlider(root, own) {
  const box = element(root, "div", "alpha");
  const controls = element(box, "div", "controls");
  own.field = buildField(controls, own.data, "α", 0, {
    moved: (input) => moved(root, own, input, false),
    settled: (input) => moved(root, own, input, true),
    held: (held) => (own.held = held),
  });
  own.field.pin.hidden = true;
  const bar = element(controls, "div", "actions");
  own.status = element(bar, "span", "status");
  own.play = buildPlayer(bar, root, own);
  own.help = button(bar, "help", "?", null);
  own.help.title = "Keys";
  own.help.setAttribute("aria-label", "Show the keys");
}

function moved(root, own, input, isSettled) {
  own.play.stop();
  own.at = [Number(input.value)];
  draw(own);
  if (!isSettled) return;
  own.held = false;
  post(root, own, true);
}

function draw(own) {
  const { data, field, at } = own;
  const [place] = at;
  const alpha = data.alphas[place];
  const exact = data.exact && Math.abs(data.exact.alpha - alpha) < 1e-9 ? data.exact : null;
  const scores = exact ? own.table[place].map((score, i) => exact.scores[i] ?? score) : own.table[place];
  const order = exact ? [...exact.order, ...own.orders[place].filter((i) => !exact.order.includes(i))] : own.orders[place];
  if (own.presentation) return drawPresentation(own, order);
  if (Number(field.input.value) !== place) field.input.value = place;
  attribute(field.input, "aria-valuetext", `alpha ${alpha.toFixed(2)}`);
  if (field.typed.value !== alpha.toFixed(2)) field.typed.value = alpha.toFixed(2);
  const known = data.is_exact || exact;
  text(own.status, `${known ? "exact" : "interpolated"} · ${data.of}`);
  own.status.classList.toggle("exact", Boolean(known));
  text(own.sure, Math.abs(alpha - data.alpha) < 1e-9 ? data.sentence : "");
  drawCards(own, order, scores);
  drawPanel(own, order, alpha);
}
