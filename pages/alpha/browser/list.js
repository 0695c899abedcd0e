// The list of articles with its order, search and pages, and their ranks at the position of the slider.

function buildList(root, send) {
  const box = element(root, "section", "list");
  box.setAttribute("aria-label", "Articles");
  const tools = buildTools(box, (changes) => send("listed", changes));
  const scroll = element(box, "div", "scroll");
  const table = element(scroll, "table");
  table.setAttribute("aria-label", "Rank of the own image of each article");
  const head = element(element(table, "thead"), "tr");
  const heads = ["article", "zero-shot", "pinned", "at α", "fine-tuned"].map((name) => {
    const cell = element(head, "th");
    cell.textContent = name;
    cell.scope = "col";
    return cell;
  });
  heads.slice(1).forEach((cell, i) => cell.classList.add(["zero-shot", "pinned", "wise-ft", "fine-tuned"][i]));
  const own = { ...tools, scroll, table, heads, body: element(table, "tbody"), lines: [], pending: null };
  own.empty = element(box, "p", "empty");
  own.caption = element(box, "p", "caption");
  own.choose = (id) => {
    own.pending = id;
    mark(own, id);
    send("chosen", { article: id });
  };
  own.body.onkeydown = (event) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      focusLine(own, neighbour(own, own.body.getRootNode().activeElement, event.key === "ArrowDown" ? 1 : -1));
    }
  };
  return own;
}

function buildTools(box, change) {
  const bar = element(box, "div", "tools");
  const order = element(bar, "select");
  order.setAttribute("aria-label", "Order of the articles");
  const search = element(bar, "input");
  Object.assign(search, { type: "search", placeholder: "Words in the text" });
  search.setAttribute("aria-label", "Words in the text");
  const pager = element(bar, "div", "pager");
  const previous = button(pager, "", "‹", () => change({ page: own.page - 1 }));
  previous.setAttribute("aria-label", "Previous page");
  const range = element(pager, "span");
  range.setAttribute("aria-live", "polite");
  const next = button(pager, "", "›", () => change({ page: own.page + 1 }));
  next.setAttribute("aria-label", "Next page");
  const own = { order, search, range, previous, next, page: 1 };
  order.onchange = () => change({ order: order.value, page: 1 });
  let waiting = null;
  const find = () => {
    clearTimeout(waiting);
    if (search.value !== own.words) change({ words: search.value, page: 1 });
  };
  search.oninput = () => {
    clearTimeout(waiting);
    waiting = setTimeout(find, 400);
  };
  search.onchange = find;
  own.clear = () => {
    search.value = "";
    find();
  };
  return own;
}

function list(own, data, position, here) {
  drawTools(own, data.listing);
  own.scroll.hidden = !data.rows.length;
  own.empty.hidden = Boolean(data.rows.length);
  if (!data.rows.length && own.emptyFor !== own.words) {
    own.emptyFor = own.words;
    own.empty.textContent = `No article contains “${own.words}”. `;
    button(own.empty, "", "Clear the search", own.clear);
  }
  text(own.caption, data.list_caption);
  own.table.classList.toggle("with-pinned", position.pinned !== null);
  if (position.pinned !== null) text(own.heads[2], `at ${position.pinnedName}`);
  if (own.pending === data.article.id) own.pending = null;
  while (own.lines.length < data.rows.length) own.lines.push(buildLine(own));
  own.lines.forEach((line, i) => drawLine(line, data.rows[i], position, here?.ranks[i]));
  mark(own, own.pending ?? data.article.id);
  if (own.turned?.page === own.page) enterPage(own, own.turned.by);
}

function drawTools(own, { orders, order, words, page, pages, range }) {
  if (own.order.options.length !== orders.length)
    own.order.replaceChildren(...orders.map((name) => new Option(name, name)));
  own.order.value = order;
  Object.assign(own, { page, words });
  if (own.search.getRootNode().activeElement !== own.search) own.search.value = words;
  text(own.range, range);
  own.previous.disabled = page <= 1;
  own.next.disabled = page >= pages;
}

function buildLine(own) {
  const row = element(own.body, "tr");
  const name = element(row, "td");
  const made = { row, button: button(name, "", "", null), cells: [0, 1, 2, 3].map(() => element(row, "td", "rank")) };
  made.cells[1].classList.add("pinned");
  row.onclick = () => own.choose(made.id);
  return made;
}

// The arrow is against the pinned α, or against fine-tuned. exact: the rank that replaces that of the position.
function drawLine(line, row, position, exact) {
  line.row.hidden = !row;
  line.id = row?.id;
  if (!row) return;
  text(line.button, row.headline);
  attribute(line.button, "title", row.headline);
  const isPinned = position.pinned !== null;
  const rank = exact ?? row.ranks[position.here];
  const pinned = isPinned ? row.ranks[position.pinned] : 0;
  [row.zero_shot, pinned, rank, row.fine_tuned].forEach((rank, k) => text(line.cells[k], counted(rank)));
  const change = (isPinned ? pinned : row.fine_tuned) - rank;
  attribute(line.cells[2], "data-arrow", arrow(change));
  attribute(line.cells[2], "data-change", isPinned ? String(Math.sign(change)) : "");
}

// One line can be reached by Tab: the selected one, or the first.
function mark(own, id) {
  const selected = own.lines.find((line) => line.id === id);
  own.lines.forEach((line, i) => {
    attribute(line.button, "aria-pressed", String(line === selected));
    line.button.tabIndex = line === selected || (!selected && i === 0) ? 0 : -1;
  });
}

function neighbour(own, focused, by) {
  const shown = own.lines.filter((line) => line.id !== undefined);
  const now = shown.findIndex((line) => line.button === focused);
  return shown[Math.min(Math.max(now < 0 ? 0 : now + by, 0), shown.length - 1)];
}

function focusLine(own, line) {
  if (!line) return;
  line.button.focus({ preventScroll: true });
  const head = own.table.tHead.offsetHeight;
  const { offsetTop: top, offsetHeight: height } = line.row;
  const { scrollTop, clientHeight } = own.scroll;
  if (top - head < scrollTop) own.scroll.scrollTop = top - head;
  else if (top + height > scrollTop + clientHeight) own.scroll.scrollTop = top + height - clientHeight;
}

// Select the next or the previous article, if need be on the next or the previous page.
function stepThrough(own, by) {
  const pressed = own.lines.find((line) => line.button.getAttribute("aria-pressed") === "true");
  const line = neighbour(own, pressed?.button, by);
  focusLine(own, line);
  if (line && line !== pressed) return own.choose(line.id);
  const turn = by > 0 ? own.next : own.previous;
  if (turn.disabled) return;
  own.turned = { page: own.page + by, by };
  turn.click();
}

function enterPage(own, by) {
  own.turned = null;
  const line = own.lines.filter((line) => line.id !== undefined).at(by > 0 ? 0 : -1);
  focusLine(own, line);
  own.choose(line.id);
}
