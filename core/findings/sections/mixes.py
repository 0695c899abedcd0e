"""Do other ways to mix beat one α? Each against WiSE-FT, searched on one half of val and judged on the other."""

import pandas as pd

from core.analysis.significance import FINE_TUNED, ZERO_SHOT, Difference
from core.findings.mixes import DEPTH, FISHER, GREEDY, METRIC, MIXES, SCORES, SOUP, TOWERS, MixesFound
from core.findings.question import RunContext
from core.interpolation.mix import Mix
from core.presentation.blocks import Block, Grid, Section, Words
from core.presentation.wording import between_signed, number, p_value, signed

ABOUT = {
    TOWERS: "pictures and texts have an α each",
    DEPTH: "early, middle and late blocks of each tower have an α each, found one after the other",
    FISHER: "each number counts by its importance to both models, measured on train (Matena and Raffel 2022)",
    SCORES: "both models score, and α mixes their similarities, at twice the cost of searching",
    SOUP: "the weights of all runs are averaged, then mixed with α (Wortsman et al. 2022, model soups)",
    GREEDY: "as the soup, of those runs alone that do not make it worse",
}


def section(found: MixesFound, context: RunContext) -> Section:
    """Whether any mix differs from WiSE-FT first, then all of them, then what does not exist for this run."""
    caption = (
        f"Chosen on the earlier half of val (n = {found.n_searched}), judged on the later half "
        f"(n = {found.n_judged}), {METRIC}"
    )
    blocks: list[Block] = [
        Grid(caption, _table(found)),
        Words(
            f"WiSE-FT's α was chosen anew on the same earlier half, among tenths as every other (α per depth: among "
            f"quarters). Difference: from WiSE-FT, with its 95 % interval (paired bootstrap). p: permutation test, "
            f"corrected (Holm) over the {len(found.differences)} mixes."
        ),
        Words(". ".join(f"{name}: {ABOUT[name]}" for name in found.searched if name in ABOUT) + "."),
        *(Words(sentence) for sentence in _missing(found, context)),
    ]
    return Section(MIXES.name, MIXES.title, _answer(found), tuple(blocks))


def _answer(found: MixesFound) -> str:
    better = [_measured(one) for one in found.differences if one.is_significant and one.value > 0]
    worse = [_measured(one) for one in found.differences if one.is_significant and one.value < 0]
    judged = f"on {found.n_judged} later articles"
    if better:
        told = f"Better than WiSE-FT {judged}: {'; '.join(better)}."
    else:
        best = max(found.differences, key=lambda one: one.value)
        needed = f", for which about {best.needed:,} would be needed" if (best.needed or 0) > found.n_judged else ""
        told = (
            f"None of the {len(found.differences)} other ways to mix is distinguishably better than WiSE-FT {judged}; "
            f"the best of them is {_measured(best)}{needed}."
        )
    return f"{told} Worse: {'; '.join(worse)}." if worse else told


def _measured(one: Difference) -> str:
    """A mix and its difference from WiSE-FT."""
    return f"{one.after} ({METRIC} {signed(one.value)}, {between_signed(one.interval)}, {p_value(one.p_holm)})"


def _table(found: MixesFound) -> pd.DataFrame:
    differences = {one.after: one for one in found.differences}
    rows = []
    for name in (ZERO_SHOT, FINE_TUNED, *found.searched):
        row = {"mix": name, "chosen": "", "tried": "", "earlier half": "", "later half": number(found.reached[name])}
        row |= {"difference": "", "95 % interval": "", "p (Holm)": "", "verdict": ""}
        if name in found.searched:
            each = found.searched[name]
            row |= {"chosen": described(each.mix), "tried": f"{each.candidates}", "earlier half": number(each.value)}
        if name in differences:
            one = differences[name]
            row |= {
                "difference": signed(one.value),
                "95 % interval": between_signed(one.interval),
                "p (Holm)": p_value(one.p_holm).removeprefix("p = ").removeprefix("p "),
                "verdict": ("better" if one.value > 0 else "worse") if one.is_significant else "not distinguishable",
            }
        rows.append(row)
    return pd.DataFrame(rows)


def described(mix: Mix) -> str:
    """`α 0.4`, `α image 0.2, text 0.7`, `3 runs, α 0.8`."""
    alphas = ", ".join(f"{part.replace('.', ' ')} {alpha:g}" for part, alpha in mix.own.items()) or f"{mix.alpha:g}"
    runs = f"{len(mix.runs)} runs, " if len(mix.runs) > 1 else ""
    return f"{runs}α {alphas}"


def _missing(found: MixesFound, context: RunContext) -> list[str]:
    settings, sentences = context.run.info.settings, []
    if TOWERS not in found.searched:
        sentences.append("α per tower: not here, since training changed one tower only.")
    if DEPTH not in found.searched:
        sentences.append(
            f"α per depth: not here, since training (--tune {settings.tune}) changed no blocks of different depth; "
            f"--tune text, last:N or all does."
        )
    if SOUP not in found.searched:
        sentences.append(
            f"Soup: not here, since no swept run differs from this one in nothing but its seed. Make some with: "
            f"python -m core train --domain {context.run.info.domain} --seeds {settings.seed},{settings.seed + 1},"
            f"{settings.seed + 2} and the settings of this run."
        )
    return sentences
