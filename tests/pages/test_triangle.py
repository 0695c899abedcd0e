"""What the triangle of three domains draws."""

from core.evaluation.models import Model
from core.findings.newsrooms import Newsroom, NewsroomsFound
from pages.findings.triangle import triangle_data

POINTS = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))


def test_each_domain_has_its_value_at_each_point_and_its_own_models():
    values = {Model.ZERO_SHOT: 0.1, Model.FINE_TUNED: 0.2, Model.WISE_FT: 0.3, "one model": 0.25}
    rooms = tuple(Newsroom(name, "run", n, (n / 10, 0.2, 0.3), values, ()) for n, name in enumerate("abc", 1))
    data = triangle_data(NewsroomsFound(rooms, POINTS, POINTS[:2]))
    assert data["points"] == [list(point) for point in POINTS]
    assert [(domain["name"], domain["n"], domain["reached"][0]) for domain in data["domains"]] == [
        ("a", 1, 0.1), ("b", 2, 0.2), ("c", 3, 0.3),
    ]  # fmt: skip
    assert {(domain["zeroShot"], domain["own"]) for domain in data["domains"]} == {(0.1, 0.3)}
