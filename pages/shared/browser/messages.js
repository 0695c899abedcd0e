// Positions of the slider sent to the server. Only one position is in flight; the newest is sent last. The position
// where the user lets go is sent at once.

// ms without an answer before a position is sent again, twice as long each time: Streamlit drops a message that arrives
// while the whole page is drawn, which happens with many browsers.
const ANSWER_AT_LATEST = 1000;
const BREATH = 60; // ms after an answer in which the page finishes drawing; a position sent sooner would wait longer

const same = (a, b) => a.length === b.length && a.every((value, i) => Math.abs(value - b[i]) < 1e-9);
const alphasAt = (own) => own.at.map((place) => own.data.alphas[place]);

function send(root, own) {
  if (own.local) return; // what moves needs no server
  if (own.sent) own.next = true;
  else post(root, own, false);
}

function post(root, own, settled, patience = ANSWER_AT_LATEST) {
  own.next = false;
  own.sent = alphasAt(own);
  clearTimeout(own.waiting);
  own.waiting = setTimeout(() => root.isConnected && post(root, own, settled, 2 * patience), patience);
  // With the time, so that the same position twice counts as two messages.
  own.send("moved", { alphas: own.sent, settled, time: Date.now() });
}

function answered(own, root) {
  clearTimeout(own.waiting);
  const sent = own.sent;
  own.waiting = setTimeout(() => {
    const next = own.next;
    Object.assign(own, { sent: null, next: false });
    if (next && !same(sent, alphasAt(own))) send(root, own);
  }, BREATH);
}
