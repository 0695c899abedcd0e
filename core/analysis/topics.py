"""Topics of a collection: articles that use the same words, by TF-IDF, LSA and k-means (scikit-learn), seeded.

The vectors are shortened by a truncated SVD and normalised first: on short texts plain TF-IDF leaves most of them in
one large cluster. A topic is named by the words that weigh most in its centre.
"""

from collections.abc import Sequence

import numpy as np
from sklearn.cluster import KMeans
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS, TfidfVectorizer
from sklearn.preprocessing import normalize
from threadpoolctl import threadpool_limits

#: Articles for each topic, and the fewest and most topics.
_ARTICLES, _FEWEST, _MOST = 80, 3, 12
_DIMENSIONS = 60  # of the SVD
_WORDS = 3  # that name a topic
_TOKEN = r"(?u)\b[^\W\d_]{3,}\b"


def topics_of(texts: Sequence[str]) -> list[str]:
    """The topic of each text, named by its first words; "" for all if there are no words to tell them apart by."""
    reader = TfidfVectorizer(
        stop_words=sorted(ENGLISH_STOP_WORDS), token_pattern=_TOKEN, min_df=3, max_df=0.5, sublinear_tf=True
    )
    try:
        counted = reader.fit_transform(texts)
    except ValueError:  # nothing is left of the vocabulary
        return [""] * len(texts)
    count = int(np.clip(len(texts) // _ARTICLES, _FEWEST, _MOST))
    if min(counted.shape) <= count:
        return [""] * len(texts)
    # With several threads sums are added in any order, and a text between two topics may change sides.
    with threadpool_limits(1):
        svd = TruncatedSVD(min(_DIMENSIONS, min(counted.shape) - 1), random_state=0)
        vectors = normalize(svd.fit_transform(counted))
        count = min(count, len(np.unique(vectors.round(6), axis=0)))  # many texts may be the same
        model = KMeans(count, n_init=5, random_state=0).fit(vectors)
    centres = model.cluster_centers_ @ svd.components_
    words = reader.get_feature_names_out()
    names = [", ".join(words[np.argsort(-centre, kind="stable")[:_WORDS]]) for centre in centres]
    return [names[label] for label in model.labels_]
