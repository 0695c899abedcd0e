// Bar above the cards: progress, previous and next, tags for all, undo, and what the last change did.

function buildBar(root, own) {
  const box = element(root, "div", "bar");
  const previous = button(box, "", "‹ K", () => own.step(-1));
  previous.setAttribute("aria-label", "Previous article (K)");
  const progress = element(box, "div", "progress");
  const words = element(progress, "span");
  words.setAttribute("aria-live", "polite");
  const track = element(element(progress, "div", "track"), "div", "done");
  const next = button(box, "", "J ›", () => own.step(1));
  next.setAttribute("aria-label", "Next article (J)");
  const label = element(box, "label", "advance");
  label.title = "Go to the next article after setting a tag (A)";
  const advance = element(label, "input");
  advance.type = "checkbox";
  label.append(" next after a tag");
  const all = button(box, "all", "", () => own.openBulk(!own.bulk.open));
  all.setAttribute("aria-controls", "bulk");
  const undo = button(box, "undo", "Undo", () => own.operate({ kind: "undo" }));
  undo.title = "Undo the last change of tags or notes (U)";
  const help = button(box, "help", "?", () => own.showKeys());
  help.setAttribute("aria-label", "Keys");
  const notice = element(root, "p", "notice");
  notice.setAttribute("role", "status");
  return { previous, words, track, next, advance, all, undo, notice };
}

function drawBar(bar, own, data, place) {
  text(bar.words, `${counted(place)} of ${counted(data.total)} · ${counted(data.tagged)} tagged`);
  bar.track.style.width = `${(100 * place) / data.total}%`;
  bar.previous.disabled = place <= 1;
  bar.next.disabled = place >= data.total;
  text(bar.all, `Tag all ${counted(data.total)}`);
  attribute(bar.all, "aria-expanded", String(own.bulk.open));
  bar.undo.disabled = !data.can_undo;
  text(bar.notice, data.notice.text || "Tags and notes are stored at once.");
  bar.notice.classList.toggle("is-error", data.notice.is_error);
}
