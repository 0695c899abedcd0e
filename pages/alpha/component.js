// One element for everything that changes with α, so that one message and one redraw update all of it: sixty elements
// of Streamlit took three times as long. slider_data.js, rank_line.js and board_data.js are loaded before this file.

const state = new WeakMap();

export default function ({ data, parentElement, setStateValue }) {
  const own = state.get(parentElement) ?? { slider: { held: false, waiting: null, at: null }, board: {} };
  state.set(parentElement, own);
  slider(parentElement.querySelector(".alpha"), own.slider, data.slider, setStateValue);
  board(parentElement.querySelector(".board"), own.board, data.board, setStateValue);
}

function element(parent, tag, className) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  parent.append(made);
  return made;
}
