// Presentation: the query, its first three results large, and a sentence about how sure they are, over the whole window.

const WORDS = ["Best match", "Second", "Third"];

function buildPresentation(root, own) {
  const box = element(root, "section", "present");
  box.setAttribute("aria-label", "Presentation");
  const top = element(box, "header");
  const title = element(top, "h2");
  title.dir = "auto";
  const actions = element(top, "div", "actions");
  const counter = element(actions, "span", "counter");
  counter.setAttribute("aria-live", "polite");
  const steps = [["‹", -1, "Previous headline"], ["›", 1, "Next headline"]].map(([label, by, name]) => {
    const made = button(actions, "step", label, () => step(own, by));
    made.setAttribute("aria-label", name);
    made.title = name;
    return made;
  });
  const full = button(actions, "full", "Full screen", toggleFullScreen);
  full.title = "Full screen (F)";
  const help = button(actions, "help", "?", () => own.showKeys());
  help.setAttribute("aria-label", "Show the keys");
  const leave = button(actions, "leave", "Close", () => leavePresentation(own));
  leave.title = "Close the presentation (Esc)";
  const stage = element(box, "div", "stage");
  const photo = element(stage, "img", "photo");
  const tiles = WORDS.map((word) => {
    const tile = element(stage, "figure");
    const image = element(tile, "img");
    const caption = element(tile, "figcaption");
    const name = element(caption, "b");
    const headline = element(caption, "span");
    headline.dir = "auto";
    return { box: tile, image, name, headline, word };
  });
  const sure = element(box, "p", "sure");
  sure.setAttribute("aria-live", "polite");
  return { box, title, counter, steps, photo, tiles, sure, leave };
}

function drawPresentation(own, order) {
  const { presentation, data } = own;
  const { present } = data;
  text(presentation.title, present.title);
  text(presentation.counter, present.count > 1 ? `${present.index + 1} of ${present.count}` : "");
  presentation.steps.forEach((made, k) => {
    made.hidden = present.count < 2;
    made.disabled = k ? present.index === present.count - 1 : present.index === 0;
  });
  presentation.photo.hidden = !present.photo;
  if (present.photo) show(presentation.photo, present.photo, "The photo");
  presentation.box.classList.toggle("by-photo", Boolean(present.photo));
  presentation.tiles.forEach((tile, place) => {
    const i = order[place];
    tile.box.hidden = i === undefined;
    if (i === undefined) return;
    const item = data.items[i];
    show(tile.image, present.large[i] || item.image, item.headline);
    text(tile.name, item.own ? `${tile.word}: the image it was published with` : tile.word);
    text(tile.headline, item.headline);
  });
  text(presentation.sure, data.sentence);
}

function step(own, by) {
  const { present } = own.data;
  const index = present.index + by;
  if (index >= 0 && index < present.count) own.send("stepped", { index, time: Date.now() });
}

function toggleFullScreen() {
  if (document.fullscreenElement) document.exitFullscreen();
  else document.documentElement.requestFullscreen?.();
}

function leavePresentation(own) {
  if (document.fullscreenElement) document.exitFullscreen();
  own.send("left", { time: Date.now() });
}
