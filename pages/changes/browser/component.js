// The cards beside the chart of ranks, and their review by keyboard. The other files are loaded before this one.

const state = new WeakMap();

export default function ({ data, parentElement, setStateValue }) {
  const own = state.get(parentElement) ?? build(parentElement.querySelector(".workbench"), setStateValue);
  state.set(parentElement, own);
  const isOther = own.data?.stamp !== data.stamp || own.data?.first !== data.first;
  acknowledge(own.queue, data.handled);
  if (own.selected === data.current || own.data?.stamp !== data.stamp) {
    own.selected = null;
    clearTimeout(own.telling);
  }
  own.data = data;
  const isHere = !own.selected || data.cards.some((card) => card.id === own.selected);
  if (isHere) own.box.removeAttribute("aria-busy");
  drawCards(own, data);
  if (isOther) own.scroll.scrollTop = 0;
  if (isOther) reveal(own);
}

function build(box, setStateValue) {
  // With the time, so that the same message twice counts as two.
  const send = (name, value) => setStateValue(name, { ...value, time: Date.now() });
  const own = { box, send, queue: buildQueue(send), selected: null, here: 0 };
  own.operate = (operation) => {
    operate(own.queue, operation);
    drawCards(own, own.data);
  };
  own.tag = (change) => {
    own.operate({ kind: "tag", ...change });
    if (change.is_set && own.bar.advance.checked) own.step(1);
  };
  own.choose = (id) => choose(own, id);
  own.step = (by) => step(own, by);
  own.open = () => send("opened", { article: own.selected ?? own.data.current });
  own.openBulk = (open) => {
    own.bulk.open = open;
    drawCards(own, own.data);
    (open ? own.bulk.pills[0] : own.bar.all)?.focus();
  };
  own.bar = buildBar(box, own);
  own.bulk = buildBulk(box, own.operate);
  buildCards(box, own);
  buildReviewKeys(box, own);
  return own;
}
