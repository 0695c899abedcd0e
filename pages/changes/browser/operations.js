// Changes of tags sent to the server. Each has a number and is sent again until the server has handled it: Streamlit
// drops a message that arrives while the page is drawn. Until then the cards show it as done.

const ANSWER_AT_LATEST = 1500; // ms without an answer before a message is sent again, twice as long each time

function buildQueue(send) {
  const client = Array.from(crypto.getRandomValues(new Uint32Array(3)), (part) => part.toString(36)).join("");
  return { client, last: 0, pending: [], timer: null, send };
}

function operate(queue, operation) {
  queue.pending.push({ ...operation, n: ++queue.last });
  post(queue, ANSWER_AT_LATEST);
}

function post(queue, patience) {
  clearTimeout(queue.timer);
  queue.send("operated", { client: queue.client, operations: queue.pending });
  queue.timer = setTimeout(() => queue.pending.length && post(queue, 2 * patience), patience);
}

function acknowledge(queue, handled) {
  queue.pending = queue.pending.filter((operation) => operation.n > (handled[queue.client] ?? 0));
  if (!queue.pending.length) clearTimeout(queue.timer);
}

// The tags of an article with the changes that are not handled yet.
function tagsWithPending(queue, article, tags) {
  const set = new Set(tags);
  for (const operation of queue.pending) {
    const meant = operation.kind === "tag_all" || (operation.kind === "tag" && operation.article === article);
    if (meant) operation.is_set ? set.add(operation.tag) : set.delete(operation.tag);
  }
  return [...set].sort();
}
