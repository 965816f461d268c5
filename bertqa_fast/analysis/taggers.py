"""Part-of-speech taggers from other libraries, and the groups that their tags fall into.

A tagger is a plug: a function that loads it, under its name in :data:`TAGGERS`. None is required; HanTa
(``pip install "bertqa_fast[pos]"``) carries its English model with it, nltk's has to be downloaded.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from bertqa_fast.analysis.analysis import CannotAnalyzeError
from bertqa_fast.analysis.options import check_choice

ENTITY, ADJECTIVE, VERB, ADVERB, STOP_WORD, PUNCTUATION, OTHER = GROUPS = (
    "entity",
    "adjective",
    "verb",
    "adverb",
    "stop-word",
    "punctuation",
    "other",
)
_CACHED = 4  # passages; questions about one passage follow each other

# Tags by how they begin, the longest beginning first. The groups are those of the published code, which
# forgets NNPS and WP$; its pronouns and numbers are entities, its modal verbs and particles stop-words.
PENN: Mapping[str, str] = {
    **dict.fromkeys(("CD", "NN", "PRP"), ENTITY),
    "JJ": ADJECTIVE,
    "VB": VERB,
    "RB": ADVERB,
    **dict.fromkeys(
        ("CC", "DT", "EX", "IN", "LS", "MD", "PDT", "POS", "RP", "TO", "UH", "WDT", "WP", "WRB"), STOP_WORD
    ),
}
# CLAWS C5, the tags of the British National Corpus, into what the same words have in the Penn set.
CLAWS: Mapping[str, str] = {
    **dict.fromkeys(("CRD", "NN", "NP", "PN", "DPS"), ENTITY),
    **dict.fromkeys(("AJ", "ORD"), ADJECTIVE),
    **dict.fromkeys(("VB", "VD", "VH", "VV"), VERB),
    **dict.fromkeys(("AV0", "XX"), ADVERB),
    **dict.fromkeys(("AT", "AVP", "AVQ", "CJ", "DT", "EX", "ITJ", "PNQ", "POS", "PR", "TO", "VM"), STOP_WORD),
    "PU": PUNCTUATION,
}


@dataclass(frozen=True)
class Tagger:
    """A tagger and how to read its tags.

    Attributes
    ----------
    name : str
        What users call it.
    tag : callable
        Words of a passage in order, as a tuple, to their tags.
    groups : mapping
        Beginning of a tag to its group; a tag that begins like none is ``"other"``.
    number : str
        What the tags of cardinal numbers begin with.
    """

    name: str
    tag: Callable[[tuple[str, ...]], Sequence[str]]
    groups: Mapping[str, str]
    number: str

    def group(self, word: str, tag: str) -> str:
        """Return the group of a word; what has neither letters nor digits is punctuation whatever its tag."""
        if not any(letter.isalnum() for letter in word):
            return PUNCTUATION
        beginnings = (tag[:size] for size in range(len(tag), 0, -1))
        return next((self.groups[part] for part in beginnings if part in self.groups), OTHER)

    def is_number(self, tag: str) -> bool:
        """Say whether a tag is that of a cardinal number."""
        return tag.startswith(self.number)


def load_nltk() -> Tagger:
    """Load nltk's averaged perceptron, which the published code uses; Penn Treebank tags.

    Raises
    ------
    LookupError
        Its model was not downloaded.
    """
    import nltk

    nltk.data.find("taggers/averaged_perceptron_tagger_eng")
    return Tagger("nltk", lambda words: [tag for _, tag in nltk.pos_tag(words)], PENN, "CD")


def load_hanta() -> Tagger:
    """Load the Hanover Tagger with its English model; CLAWS tags.

    Raises
    ------
    ImportError
        HanTa is not installed.
    """
    from HanTa import HanoverTagger

    # By its whole path: a bare name would be looked for in the working directory first, and HanTa unpickles
    # what it finds.
    model = Path(HanoverTagger.__file__).with_name("morphmodel_en.pgz")
    tagger = HanoverTagger.HanoverTagger(str(model))
    return Tagger("hanta", lambda words: [tag for *_, tag in tagger.tag_sent(list(words))], CLAWS, "CRD")


TAGGERS: dict[str, Callable[[], Tagger]] = {"nltk": load_nltk, "hanta": load_hanta}


def load_tagger(name: str, analysis: str) -> Tagger:
    """Load a tagger; it remembers the last passages, because several questions are about each.

    Parameters
    ----------
    name : str
        A name in ``TAGGERS``, or ``"auto"`` for the first of them that is installed.
    analysis : str
        What wants it, for the message.

    Raises
    ------
    ValueError
        The name is unknown.
    CannotAnalyzeError
        It is not installed; the message says how to.
    """
    check_choice("tagger", name, ("auto", *TAGGERS))
    for candidate in TAGGERS if name == "auto" else [name]:
        try:
            tagger = TAGGERS[candidate]()
        except (ImportError, LookupError):
            continue
        return Tagger(tagger.name, lru_cache(_CACHED)(tagger.tag), tagger.groups, tagger.number)
    wanted = "a part-of-speech tagger" if name == "auto" else f"the tagger {name}"
    raise CannotAnalyzeError(
        f"{analysis} needs {wanted}, which is not installed: pip install 'bertqa_fast[pos]' for hanta; or "
        "python -m nltk.downloader averaged_perceptron_tagger_eng for nltk"
    )
