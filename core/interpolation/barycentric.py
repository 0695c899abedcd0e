"""Barycentric interpolation on Chebyshev–Lobatto nodes in [0, 1] (Berrut and Trefethen 2004)."""

import numpy as np

SAME = 1e-12  # two α's closer than this are equal


def lobatto_nodes(count: int) -> np.ndarray:
    """Return ½ − ½·cos(πj/(count−1)), j = 0 … count−1: float64 [count], rising from exactly 0 to exactly 1."""
    nodes = 0.5 - 0.5 * np.cos(np.pi * np.arange(count) / (count - 1))
    nodes[[0, count // 2, -1]] = 0.0, 0.5, 1.0
    return nodes


def barycentric_coefficients(nodes: np.ndarray, alpha: float) -> np.ndarray:
    """Return the weights [K] of the values at Chebyshev–Lobatto `nodes` in the value at `alpha`; they sum to one.

    A single node has weight one everywhere. Raises ValueError outside [0, 1], where polynomials diverge.
    """
    if not 0.0 <= alpha <= 1.0:
        raise ValueError(f"alpha {alpha}: expected 0 to 1")
    return coefficients_at(nodes, np.array([alpha]))[0]


def coefficients_at(nodes: np.ndarray, alphas: np.ndarray) -> np.ndarray:
    """Return `barycentric_coefficients` at each of `alphas` float64 [E] in [0, 1]: float64 [E, K]."""
    if len(nodes) == 1:
        return np.ones((len(alphas), 1))
    distance = alphas[:, None] - nodes
    hit = np.abs(distance) < SAME
    weights = (-1.0) ** np.arange(len(nodes))
    weights[[0, -1]] *= 0.5
    terms = np.where(hit.any(axis=1, keepdims=True), hit, weights / np.where(hit, 1.0, distance))
    return terms / terms.sum(axis=1, keepdims=True)
