// The first items at this α as cards, which move to their new places when the order changes.

const STILL = () => matchMedia("(prefers-reduced-motion: reduce)").matches;
const MOVE = { duration: 320, easing: "cubic-bezier(0.2, 0.7, 0.3, 1)" };

function buildCards(root, own) {
  const box = element(root, "ol", "cards");
  box.setAttribute("aria-label", "First at this α");
  return { box, made: new Map(), shown: [] };
}

function cardOf(own, i) {
  const { cards, data } = own;
  if (cards.made.has(i)) return cards.made.get(i);
  const item = data.items[i];
  const box = document.createElement("li");
  box.className = "card";
  box.dataset.item = i;
  box.tabIndex = -1;
  const frame = element(box, "div", "frame");
  const image = element(frame, "img");
  image.decoding = "async";
  show(image, item.image, item.headline);
  const rank = element(frame, "b", "place");
  const mark = element(frame, "span", "mark");
  mark.textContent = "✓ own image";
  mark.hidden = !item.own;
  box.classList.toggle("its-own", item.own);
  const headline = element(box, "p", "headline");
  headline.textContent = item.headline;
  headline.title = item.headline;
  headline.dir = "auto";
  const facts = element(box, "p", "facts");
  const score = element(facts, "span", "score");
  element(facts, "span", "day").textContent = item.day;
  const ends = element(box, "p", "facts");
  const [zeroShot, fineTuned] = ["zero-shot", "fine-tuned"].map((kind) => element(ends, "span", `from ${kind}`));
  const card = { box, rank, score, zeroShot, fineTuned };
  cards.made.set(i, card);
  return card;
}

function drawCards(own, order, scores) {
  const { cards, data } = own;
  const first = order.slice(0, data.shown);
  first.forEach((i, place) => fillCard(own, cardOf(own, i), i, place + 1, scores[i]));
  if (String(first) === String(cards.shown)) return;
  const before = new Map(cards.shown.map((i) => [i, cards.made.get(i).box.getBoundingClientRect()]));
  cards.box.replaceChildren(...first.map((i) => cards.made.get(i).box));
  const isFirstTime = !cards.shown.length;
  cards.shown = first;
  if (isFirstTime || STILL() || !cards.box.isConnected) return;
  for (const i of first) {
    const { box } = cards.made.get(i);
    const old = before.get(i);
    const now = box.getBoundingClientRect();
    if (!old) box.animate([{ opacity: 0, transform: "scale(0.92)" }, { opacity: 1, transform: "none" }], MOVE);
    else if (old.left !== now.left || old.top !== now.top)
      box.animate([{ transform: `translate(${old.left - now.left}px, ${old.top - now.top}px)` }, { transform: "none" }], MOVE);
  }
}

function fillCard(own, card, i, place, score) {
  text(card.rank, String(place));
  text(card.score, similarity(score));
  card.score.title = "Similarity";
  for (const [box, name, ranks] of [[card.zeroShot, "zero-shot", own.ranks[0]], [card.fineTuned, "fine-tuned", own.ranks.at(-1)]]) {
    const rank = ranks[i];
    const there = rank > own.data.listed ? `> ${own.data.listed}` : String(rank);
    text(box, `${name} ${there} ${arrow(Math.sign(rank - place))}`.trim());
    box.title = `Rank ${there} in the ${name} model; ▲ is better here, ▼ worse`;
  }
}

// A cosine with four decimals and a real minus sign.
const similarity = (score) => score.toFixed(4).replace("-", "−");
