"""Unique image ids: an id that several files share is replaced by one id for each file."""

import pandas as pd


def shared_ids(ids: pd.Series, files: pd.Series) -> pd.Series:
    """Return which rows have an id that another row uses for another file, bool [N]; False for empty ids."""
    pairs = pd.DataFrame({"id": ids, "file": files})
    counts = pairs[pairs["id"] != ""].groupby("id")["file"].nunique()
    return ids.isin(counts.index[counts > 1])


def id_for_each_image(ids: pd.Series, files: pd.Series) -> pd.Series:
    """Return ids that each belong to one file: the given ids, else the file's path without its extension.

    A row without an id, or with an id that several files share, gets an id from its path; if that id is already in
    use, the path with its extension.
    """
    to_make = (ids == "") | shared_ids(ids, files)
    given = set(ids[~to_make])
    paths = files[to_make]
    stems = paths.str.replace(r"\.[^./]*$", "", regex=True)
    taken = stems.isin(given) | shared_ids(stems, paths)
    made = stems.where(~taken, paths)
    while (still := made.isin(given)).any():  # another image's id equals this path
        made = made.where(~still, made + "#")
    return ids.where(~to_make, made.reindex(ids.index))
