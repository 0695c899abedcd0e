// The points of the chart of ranks: where they are, and how they are drawn. Both axes are logarithmic.

const REACH = 14; // pixels from the pointer within which a point is found
const TICKS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000, 50000];

// Share of an axis up to a rank, and the rank at a share. A little space is left at both ends.
function axisTo(top) {
  const low = Math.log(0.85);
  const length = Math.log(1.15 * top) - low;
  return { share: (rank) => (Math.log(rank) - low) / length, rank: (share) => Math.exp(low + share * length) };
}

// Pixels of each point in a plot of this size: [x, y].
function placed({ known, axis }, width, height) {
  return known.before.map((rank, i) => [axis.share(rank) * width, (1 - axis.share(known.after[i])) * height]);
}

const SHAPES = {
  "triangle-up": (context, x, y, r) => triangle(context, x, y + 0.8 * r, r, -1.6 * r),
  "triangle-down": (context, x, y, r) => triangle(context, x, y - 0.8 * r, r, 1.6 * r),
  circle: (context, x, y, r) => context.arc(x, y, r, 0, 2 * Math.PI),
};

function triangle(context, x, y, half, height) {
  context.moveTo(x - half, y);
  context.lineTo(x + half, y);
  context.lineTo(x, y + height);
}

// Those that the filters leave out come first, in grey, so that the others lie over them.
function drawPoints(own) {
  const { canvas, data, known } = own;
  const { width, height } = canvas.getBoundingClientRect();
  if (!width) return;
  const ratio = window.devicePixelRatio || 1;
  Object.assign(canvas, { width: Math.round(width * ratio), height: Math.round(height * ratio) });
  const context = canvas.getContext("2d");
  context.scale(ratio, ratio);
  own.places = placed(own, width, height);
  const isShown = (row) => data.shown[row] === "1";
  const rows = known.before.map((_, row) => row);
  const draw = (row, look, radius) => {
    context.beginPath();
    SHAPES[look.shape](context, ...own.places[row], radius);
    context.fillStyle = look.colour;
    context.fill();
  };
  context.globalAlpha = 0.25;
  for (const row of rows) if (!isShown(row)) draw(row, data.other, 2.5);
  context.globalAlpha = 0.75;
  data.looks.forEach((look, group) => {
    for (const row of rows) if (isShown(row) && known.groups[row] === group) draw(row, look, 4.5);
  });
}

function nearestPoint(own, [x, y]) {
  let best = null;
  let least = REACH;
  own.places.forEach(([left, top], row) => {
    const distance = Math.hypot(left - x, top - y) - (own.data.shown[row] === "1" ? 1 : 0);
    if (distance < least) [best, least] = [row, distance];
  });
  return best;
}

function drawScales(own) {
  const top = Math.max(10, ...own.known.before, ...own.known.after);
  own.axis = axisTo(top);
  own.up.replaceChildren();
  own.right.replaceChildren();
  for (const rank of TICKS.filter((tick) => tick <= top)) {
    for (const [scale, side] of [[own.up, "bottom"], [own.right, "left"]]) {
      const mark = element(scale, "span");
      text(mark, counted(rank));
      mark.style[side] = `${100 * own.axis.share(rank)}%`;
    }
  }
}
