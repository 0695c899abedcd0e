"""Help texts of titles and controls. Each term has the definition of docs/glossary.md, word for word (a test compares).

`help_for` gives the definitions of the terms that a label uses; a `PageHelp` describes a page.
"""

from dataclasses import dataclass

TERMS = {
    "Article": "A text that was published with an image: a news article, a headline, a tweet or a caption.",
    "Image": "The image file that was published with an article.",
    "Own image": "The image that an article was published with.",
    "Ground truth": "The list that says which image belongs to which article.",
    "Query text": "The text that the text tower reads for an article: title, text or both, cleaned, in the language "
    "that the run reads.",
    "Domain": "One collection of articles and images from one kind of source, with its own models.",
    "Slug": "The short name of a domain on the command line and in addresses, such as `my-news`.",
    "Split": "One of the parts of a domain: `train`, `val` (validation) and `test`. By default the first 80 % in time "
    "are train and the last 20 % are val.",
    "Gallery": "The images that an article is searched in: by default all images of the same split, each once.",
    "Score": "The cosine similarity of a text embedding and an image embedding.",
    "Rank": "The place of an article's own image among all images of the gallery, ordered by score. 1 is best.",
    "MRR@100": "Mean reciprocal rank: the mean over all articles of 1/rank, where ranks above 100 count as 0.",
    "Recall@k": "The share of articles whose own image is among the first k.",
    "n": "The number of articles that a figure rests on.",
    "Re-ranking": "Changing scores with knowledge of all query texts of a split, so that images near to every text "
    "count for less. It is transductive: it sees the whole split at once.",
    "Encoder": "A model with two towers that map images and texts into one space.",
    "Tower": "One half of an encoder: the image tower or the text tower.",
    "Stage": "A step of a tower, such as a block.",
    "Head": "The last stage of a tower, a projection into the shared space.",
    "Model": "One set of weights under comparison: zero-shot, fine-tuned or WiSE-FT.",
    "Zero-shot": "The weights before training. α = 0.",
    "Fine-tuned": "The weights after training on a domain. α = 1.",
    "WiSE-FT": "The mix of both: θ(α) = (1 − α) · θ_zero-shot + α · θ_fine-tuned (Wortsman et al. 2022).",
    "α (alpha)": "The share of the fine-tuned weights in the mix, from 0 to 1.",
    "α*": "The α that a sweep chose on val: the highest recall@1, unless you set another criterion.",
    "Plateau": "The range of α around α* that the data cannot tell apart from α*.",
    "Cross-fitted": "WiSE-FT judged on articles that did not choose its α: each tenth at the α that the others choose.",
    "Plane": "Metrics over two α, one for each tower.",
    "Run": "One fine-tuning with its settings, weights and history. It belongs to a domain and has a name.",
    "Sweep": "The evaluation of a run at many α. It records the rank of every article at every α.",
    "Exact": "Computed with the mixed weights. If only linear heads changed, the encodings at both ends give the same.",
    "Interpolated": "Computed from embeddings between exact α. Marked with `~` or ≈ and given with a measured error.",
    "Finding": "The stored answer to one question about a run, with intervals.",
    "Question": "One of the analyses that `rematch analyse` offers, such as `difference` or `slices`.",
    "Slice": "A group of articles that have something in common, such as naming a person.",
    "Interval": "A 95 % interval of a paired bootstrap over articles.",
    "Trajectory, shape": "The rank of one article over α, and the name of its form: gains, loses, best in the middle, "
    "worst in the middle, flat.",
    "Overtaking": "An α at which an image passes an article's own image or falls behind it.",
    "Tag, note": "What you write on an article in *Rank changes*. Tags become slices.",
    "Job": "Long work in a process of its own, with a log and a progress file. It continues if you close the page.",
    "Demo": "Three synthetic domains that Rematch makes itself: `demo-rss`, `demo-twitter` and `demo-portals`. Their "
    "articles contain planted causes, to test the findings. In the validation period there are new subjects, which "
    "zero-shot weights know and training did not show.",
}


def help_for(*terms: str, also: str = "") -> str:
    """Return Markdown with the definition of each term, after the sentences `also`."""
    definitions = [f"**{term.replace('*', chr(92) + '*')}**: {TERMS[term]}" for term in terms]
    return "\n\n".join([also, *definitions] if also else definitions)


ALPHA_HELP = help_for(
    "α (alpha)", "WiSE-FT", "α*", also="0 is zero-shot, 1 is fine-tuned. It starts at the run's α\\*."
)


@dataclass(frozen=True)
class PageHelp:
    """The description of a page.

    about: what the page shows, in a sentence or two, also for its empty state. terms: those that it uses most.
    """

    title: str
    about: str
    terms: tuple[str, ...] = ()

    @property
    def help(self) -> str:
        """The help text of the title."""
        return help_for(*self.terms, also=self.about)


OVERVIEW = PageHelp(
    "Rematch",
    "This page lists your domains, with some of their images and the results of their newest run.",
    ("Domain", "Run", "Zero-shot", "Fine-tuned", "WiSE-FT", "Cross-fitted"),
)
ALPHA = PageHelp(
    "Alpha",
    "Drag α and watch the metrics, the rank of every article, and the images that one article finds.",
    ("α (alpha)", "α*", "WiSE-FT", "Rank", "Gallery", "Exact", "Interpolated"),
)
CURVES = PageHelp(
    "Curves",
    "This page shows the metrics over α: of this run, of all domains, for each tower, and on another domain.",
    ("α (alpha)", "α*", "Sweep", "Plane", "Interval", "n"),
)
CHANGES = PageHelp(
    "Rank changes",
    "This page shows which articles improved and which worsened between two models. You can filter and tag them.",
    ("Rank", "Model", "Trajectory, shape", "Slice", "Tag, note"),
)
FINDINGS = PageHelp(
    "Findings",
    "This page answers questions about a run with intervals, such as whether a difference is real, and writes a "
    "report.",
    ("Finding", "Question", "Interval", "Slice"),
)
MATCH = PageHelp(
    "Match",
    "Type a headline, pick an article or upload a photo, and compare what the three models find.",
    ("Model", "Zero-shot", "Fine-tuned", "WiSE-FT", "Own image"),
)
TRAIN = PageHelp(
    "Train",
    "This page fine-tunes an encoder on a domain, sweeps α, and compares the runs of the domain.",
    ("Encoder", "Run", "Split", "Sweep", "Job"),
)
DATA = PageHelp(
    "Data",
    "This page imports articles and images and shows what a domain contains: splits, languages, duplicates.",
    ("Domain", "Article", "Image", "Split", "Ground truth"),
)
