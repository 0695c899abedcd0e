// One element for everything that changes with α, so that one message and one redraw update all of it: sixty elements
// of Streamlit took three times as long. The other files of this folder are loaded before this one.

const state = new WeakMap();

export default function ({ data, parentElement, setStateValue }) {
  const own = state.get(parentElement) ?? { slider: { held: false, waiting: null, at: null }, board: {} };
  state.set(parentElement, own);
  const root = parentElement.querySelector(".cockpit");
  slider(root.querySelector(".alpha"), own.slider, { ...data.slider, pinned: data.pinned }, setStateValue);
  board(root.querySelector(".board"), own.board, data.board, setStateValue);
  if (!own.keys) own.keys = buildKeys(root, own);
}

function board(root, own, data, setStateValue) {
  const send = (name, value) => setStateValue(name, { ...value, time: Date.now() });
  if (!own.list) Object.assign(own, { list: buildList(root, send), article: buildArticle(root, send) });
  own.open = () => send("opened", { article: own.list.pending ?? data.article.id });
  list(own.list, data);
  article(own.article, data);
  root.dataset.alpha = data.alpha;
}
