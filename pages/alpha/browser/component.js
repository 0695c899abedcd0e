// One element for everything that changes with α, so that one message and one redraw update all of it: sixty elements
// of Streamlit took three times as long. The other files of this folder are loaded before this one.

const state = new WeakMap();

export default function ({ data, parentElement, setStateValue }) {
  const own = state.get(parentElement) ?? { slider: { held: false, waiting: null, at: null }, board: {} };
  state.set(parentElement, own);
  const root = parentElement.querySelector(".cockpit");
  const box = root.querySelector(".board");
  prepareBoard(box, own.board, data.board, setStateValue);
  own.slider.local = !data.board.ordered_by_alpha;
  own.slider.follow = (position) => board(box, own.board, position);
  slider(root.querySelector(".alpha"), own.slider, { ...data.slider, pinned: data.pinned }, setStateValue);
  if (!own.keys) own.keys = buildKeys(root, own);
}

function prepareBoard(root, own, data, setStateValue) {
  const send = (name, value) => setStateValue(name, { ...value, time: Date.now() });
  if (!own.list) Object.assign(own, { list: buildList(root, send), article: buildArticle(root, send) });
  own.open = () => send("opened", { article: own.list.pending ?? data.article.id });
  own.data = data;
  own.loaded = data.images.map(({ image }) => own.loaded?.find((each) => each.alt === image) ?? loaded(image));
}

// The browser fetches an image before the slider first shows it.
const loaded = (source) => Object.assign(new Image(), { src: source, alt: source });

const nameOf = (alphas) =>
  alphas.length === 1 ? alphas[0].toFixed(2) : `${alphas[0].toFixed(2)} (image), ${alphas[1].toFixed(2)} (text)`;

// List and images at a position of the slider: its α, their row in the tables (here) and that of the pinned ones.
function board(root, own, position) {
  const { data } = own;
  const replaces = data.here && (!data.here.alphas || same(data.here.alphas, position.alphas));
  const here = replaces ? data.here : null;
  const name = here?.name ?? nameOf(position.alphas);
  list(own.list, data, position, here);
  article(own.article, data, { ...position, name }, here);
  root.dataset.alpha = name;
}
