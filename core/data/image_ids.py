"""One id for one image: an id that stands with different files names none of them."""

import pandas as pd


def shared_ids(ids: pd.Series, files: pd.Series) -> pd.Series:
    """Return which rows have an id that another row has with another file, bool [N]; empty ids are nobody's."""
    pairs = pd.DataFrame({"id": ids, "file": files})
    counts = pairs[pairs["id"] != ""].groupby("id")["file"].nunique()
    return ids.isin(counts.index[counts > 1])


def id_for_each_image(ids: pd.Series, files: pd.Series) -> pd.Series:
    """Return ids of which each stands with one file: the given ones, else the file's path without its ending.

    A row without an id, or with one that several files share, has one made from its file; where that is an id already,
    the path with its ending.
    """
    to_make = (ids == "") | shared_ids(ids, files)
    given = set(ids[~to_make])
    paths = files[to_make]
    stems = paths.str.replace(r"\.[^./]*$", "", regex=True)
    taken = stems.isin(given) | shared_ids(stems, paths)
    made = stems.where(~taken, paths)
    while (still := made.isin(given)).any():  # an id that reads like another image's path
        made = made.where(~still, made + "#")
    return ids.where(~to_make, made.reindex(ids.index))
