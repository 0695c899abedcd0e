// The current α of all pages, set by a click at once or by keys after a pause, and the line below a figure that says
// what was set and undoes it.

const SETTLED = 500; // ms after the last key before α is set

// hint: how to set α. inWords: from α of each slider to words. draw: called when α changed.
function buildMover(root, hint, inWords, draw) {
  const foot = element(root, "div", "foot");
  const status = element(foot, "span", "status");
  status.setAttribute("role", "status");
  const back = button(foot, "undo", "", () => undo && mover.set(undo));
  text(element(foot, "span", "key"), hint);
  let send, sent, before, undo, waiting;
  const mover = {
    alphas: null,
    // The server's α counts, unless one that was set here is on its way.
    receive(alphas, setStateValue) {
      send = (moved) => setStateValue("moved", { alphas: moved, settled: true, time: Date.now() });
      if (sent && same(sent, alphas)) sent = null;
      if (!sent && !waiting) mover.alphas = alphas;
    },
    set(alphas) {
      clearTimeout(waiting);
      waiting = null;
      undo = before ?? mover.alphas;
      before = null;
      mover.alphas = alphas;
      if (!same(alphas, undo)) {
        sent = alphas;
        send(alphas);
        text(status, `${inWords(alphas)} on all pages.`);
        text(back, `Back to ${undo.map(writtenAlpha).join(", ")}`);
      }
      draw();
    },
    step(alphas) {
      before ??= mover.alphas;
      mover.alphas = alphas;
      draw();
      clearTimeout(waiting);
      waiting = setTimeout(() => mover.set(mover.alphas), SETTLED);
    },
  };
  return mover;
}

const same = (some, others) => some.length === others.length && some.every((value, i) => value === others[i]);

function nearest(alphas, alpha) {
  let best = 0;
  alphas.forEach((value, i) => Math.abs(value - alpha) < Math.abs(alphas[best] - alpha) && (best = i));
  return best;
}

// α with two digits, or more if it has them.
const writtenAlpha = (alpha) =>
  Math.abs(alpha * 100 - Math.round(alpha * 100)) < 1e-6 ? alpha.toFixed(2) : String(Number(alpha.toFixed(4)));
