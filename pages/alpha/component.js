// One element for all that moves with α, so that one message from the server and one redraw bring all of it: sixty
// elements of Streamlit's own took three times as long. alpha_hand.js and alpha_answer.js stand before this file.

const state = new WeakMap();

export default function ({ data, parentElement, setStateValue }) {
  const own = state.get(parentElement) ?? { hand: { held: false, waiting: null, at: null }, answer: {} };
  state.set(parentElement, own);
  hand(parentElement.querySelector(".alpha"), own.hand, data.hand, setStateValue);
  answer(parentElement.querySelector(".board"), own.answer, data.answer, setStateValue);
}

function element(parent, tag, className) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  parent.append(made);
  return made;
}
