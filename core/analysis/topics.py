"""Topics of a collection: clusters of articles with similar words, by TF-IDF, LSA and seeded k-means (scikit-learn).

A truncated SVD and normalisation come first, because plain TF-IDF puts most short texts into one large cluster. The
words with the highest weights in its centre name a topic.
"""

from collections.abc import Sequence

import numpy as np
from sklearn.cluster import KMeans
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS, TfidfVectorizer
from sklearn.preprocessing import normalize
from threadpoolctl import threadpool_limits

#: Articles for each topic, and the least and greatest number of topics.
_ARTICLES, _FEWEST, _MOST = 80, 3, 12
_DIMENSIONS = 60  # of the SVD
_WORDS = 3  # that name a topic
_TOKEN = r"(?u)\b[^\W\d_]{3,}\b"


def topics_of(texts: Sequence[str]) -> list[str]:
    """Return the topic of each text, named by its main words; "" for all if the texts have too few words to cluster."""
    reader = TfidfVectorizer(
        stop_words=sorted(ENGLISH_STOP_WORDS), token_pattern=_TOKEN, min_df=3, max_df=0.5, sublinear_tf=True
    )
    try:
        counted = reader.fit_transform(texts)
    except ValueError:  # the vocabulary is empty
        return [""] * len(texts)
    count = int(np.clip(len(texts) // _ARTICLES, _FEWEST, _MOST))
    if min(counted.shape) <= count:
        return [""] * len(texts)
    # Several threads add sums in any order, and then a text between two topics may change its topic.
    with threadpool_limits(1):
        svd = TruncatedSVD(min(_DIMENSIONS, min(counted.shape) - 1), random_state=0)
        vectors = normalize(svd.fit_transform(counted))
        count = min(count, len(np.unique(vectors.round(6), axis=0)))  # many texts may be the same
        model = KMeans(count, n_init=5, random_state=0).fit(vectors)
    centres = model.cluster_centers_ @ svd.components_
    words = reader.get_feature_names_out()
    names = [", ".join(words[np.argsort(-centre, kind="stable")[:_WORDS]]) for centre in centres]
    return [names[label] for label in model.labels_]
