// Scores and order of the items at every position of the slider, from the few numbers that the server sends for each.

function scoreTable(scores, alphas, count) {
  const rowAt = scores.nodes ? atNodes(scores) : linear(scores);
  return alphas.map((alpha) => Array.from({ length: count }, (_, i) => rowAt(alpha, i)));
}

// (a + bα + cα²) / √((d + eα + fα²)(g + hα + iα²)), exact where embeddings are linear in α before normalisation.
function linear({ query, products, lengths }) {
  const quadratic = ([a, b, c], alpha) => a + b * alpha + c * alpha * alpha;
  return (alpha, i) =>
    quadratic(products[i], alpha) / Math.sqrt(quadratic(query, alpha) * quadratic(lengths[i], alpha));
}

// Barycentric interpolation between Chebyshev–Lobatto nodes.
function atNodes({ nodes, values }) {
  const end = (j) => (j === 0 || j === nodes.length - 1 ? 0.5 : 1);
  return (alpha, i) => {
    const hit = nodes.findIndex((node) => Math.abs(node - alpha) < 1e-12);
    if (hit >= 0) return values[i][hit];
    const weights = nodes.map((node, j) => ((-1) ** j * end(j)) / (alpha - node));
    const sum = weights.reduce((total, weight) => total + weight, 0);
    return weights.reduce((total, weight, j) => total + weight * values[i][j], 0) / sum;
  };
}

// Items by descending score; equal scores in the order of the items, which is that of ties.
const orderOf = (scores) => scores.map((_, i) => i).sort((a, b) => scores[b] - scores[a] || a - b);
