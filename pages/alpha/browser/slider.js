// The α slider with its bar of buttons. It draws itself, tiles and histogram within a frame, from the small tables in
// its data. List and images follow from theirs; only an order of the list by values at α needs the server.

function slider(root, own, data, setStateValue) {
  if (own.tables !== data.tables) Object.assign(own, { tables: data.tables, known: JSON.parse(data.tables) });
  data = { ...data, ...own.known };
  own.data = data;
  own.send = setStateValue;
  if (root.dataset.shape !== shapeOf(data)) {
    clearTimeout(own.waiting); // the pending message was about other sliders
    own.sent = null;
    own.play?.stop();
    buildSlider(root, own);
  }
  if (own.sent && same(own.sent, data.served)) answered(own, root);
  // While the user or the player moves the slider, its position is newer than the server's.
  if (!own.held && !own.sent && !own.play.runs()) own.at = placesOf(data);
  draw(own);
}

const shapeOf = (data) =>
  JSON.stringify([data.towers.map((t) => t.label), data.names, data.ticks, data.flat, data.alphas.length]);
const placesOf = (data) => data.towers.map((tower) => nearest(data.alphas, tower.alpha));

function buildSlider(root, own) {
  const { data } = own;
  root.dataset.shape = shapeOf(data);
  root.replaceChildren();
  const controls = element(root, "div", "controls");
  own.inputs = data.towers.map((tower, i) =>
    buildField(controls, data, tower.label, i, {
      moved: (input) => moved(root, own, i, input),
      settled: (input) => settled(root, own, i, input),
      held: (held) => (own.held = held),
    }),
  );
  buildBar(root, controls, own);
  const tiles = element(controls, "div", "tiles");
  own.tiles = data.names.map((name) => buildTile(tiles, name));
  own.bars = buildHistogram(root, data);
}

// The buttons beside the typed α: play, pin and keys, and whether the values are exact.
function buildBar(root, controls, own) {
  const bar = element(controls, "div", "actions");
  own.status = element(bar, "span", "status");
  own.status.setAttribute("aria-live", "polite");
  own.play = buildPlayer(bar, root, own);
  own.pin = button(bar, "pin", "", () => togglePin(own));
  own.help = button(bar, "help", "?", null);
  own.help.title = "Keys";
  own.help.setAttribute("aria-label", "Show the keys");
}

function togglePin(own) {
  const alphas = own.data.pinned === null ? alphasAt(own).join(",") : "";
  own.send("pinned", { alphas, time: Date.now() });
}

function moved(root, own, i, input) {
  own.play.stop();
  own.active = i;
  own.at[i] = Number(input.value);
  draw(own);
  if (own.held) send(root, own); // a key settles at once
}

function settled(root, own, i, input) {
  own.play.stop();
  own.held = false;
  own.active = i;
  own.at[i] = Number(input.value);
  draw(own);
  post(root, own, true);
}

// The row of the tables: one index on the curve, two on the plane.
const rowOf = (own, at) => (at.length === 1 ? at[0] : at[0] * own.data.alphas.length + at[1]);

const pinnedAt = (alphas) => ({ alphas, name: alphas.map((alpha) => alpha.toFixed(2)).join(" / ") });

function draw(own) {
  const { data, at } = own;
  const last = data.alphas.length - 1;
  const exact = data.exact && same(data.exact.alphas, alphasAt(own)) ? data.exact : null;
  const pinned = data.pinned && data.pinned.map((alpha) => nearest(data.alphas, alpha));
  own.pinned = pinned && pinnedAt(pinned.map((place) => data.alphas[place]));
  const rows = {
    here: rowOf(own, at),
    start: rowOf(own, at.map(() => 0)),
    end: rowOf(own, at.map(() => last)),
    pinned: pinned && rowOf(own, pinned),
  };
  own.inputs.forEach(({ input, typed, pin }, i) => {
    if (Number(input.value) !== at[i]) input.value = at[i];
    const alpha = data.alphas[at[i]].toFixed(2);
    attribute(input, "aria-valuetext", `alpha ${alpha}`);
    if (typed.value !== alpha) typed.value = alpha;
    pin.hidden = pinned === null;
    if (pinned) pin.style.setProperty("--p", pinned[i] / last);
  });
  drawStatus(own, exact || !data.interpolated[rows.here]);
  text(own.pin, pinned === null ? "Pin α" : `Unpin ${own.pinned.name}`);
  attribute(own.pin, "aria-pressed", String(pinned !== null));
  own.tiles.forEach((tile, k) => drawTile(tile, own, k, rows, exact));
  drawHistogram(own.bars, own, rows, exact);
  own.follow({ here: rows.here, pinned: rows.pinned, alphas: alphasAt(own), pinnedName: own.pinned?.name, held: own.held });
}

function drawStatus(own, known) {
  const { data, status } = own;
  text(status, `${known ? "exact" : "interpolated"} · ${data.of}`);
  status.title = known ? "exact weights" : data.error;
  status.classList.toggle("exact", Boolean(known));
}
