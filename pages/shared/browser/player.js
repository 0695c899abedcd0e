// The play button: α runs from where it is to 1, from 0 if it is at 1. Where the user prefers reduced motion, it steps
// by tenths, which leaves time to read.

const SECONDS = [["slow", 30], ["normal", 15], ["fast", 6]]; // from 0 to 1

function buildPlayer(parent, root, own) {
  const toggle = button(parent, "play", "▶ Play", () => (timer ? finish() : start()));
  const speed = element(parent, "select", "speed");
  speed.setAttribute("aria-label", "Speed of playing");
  SECONDS.forEach(([name, seconds]) => {
    const option = element(speed, "option");
    Object.assign(option, { value: seconds, textContent: name, selected: name === "normal" });
  });
  let timer = null;

  function start() {
    const tower = own.active ?? 0;
    if (own.at[tower] === own.data.alphas.length - 1) own.at[tower] = 0;
    toggle.textContent = "⏸ Pause";
    step(tower);
  }

  function step(tower) {
    const last = own.data.alphas.length - 1;
    const by = matchMedia("(prefers-reduced-motion: reduce)").matches ? Math.max(1, Math.round(last / 10)) : 1;
    timer = setTimeout(() => {
      if (!root.isConnected) return stop();
      own.at[tower] = Math.min(own.at[tower] + by, last);
      draw(own);
      if (own.at[tower] === last) return finish();
      send(root, own);
      step(tower);
    }, (1000 * Number(speed.value) * by) / last);
  }

  function finish() {
    stop();
    post(root, own, true);
  }

  function stop() {
    clearTimeout(timer);
    timer = null;
    toggle.textContent = "▶ Play";
  }

  return { stop, toggle: () => (timer ? finish() : start()), runs: () => timer !== null };
}
