"""Chinese reviews composed of clauses that the project wrote, judged by what they are made of."""

from importlib.resources import files
from random import Random
from typing import Annotated

import yaml
from pydantic import BaseModel, ConfigDict, Field

from finetune.sentiment.statements import Side, Statements
from finetune.text.examples import Example
from retrieval.encoder.script import has_chinese
from retrieval.reviews.grades import graded_phrases
from retrieval.reviews.sentiment import prepare

Lines = Annotated[list[str], Field(min_length=1)]

Kinds = dict[str, dict[str, Lines]]

_LONGEST = 5
_TWO_SIDED = {1: 0.0, 2: 0.7, 3: 0.5, 4: 0.7, 5: 0.0}
"""How often a review of so many stars tells of both sides."""
_STATED = 0.2
"""How often a clause that judges is put together, not taken from the file."""
_STOPS = ("，", "，", "。", "！", " ", "；")


class Clauses(BaseModel):
    """The file ``data/zh.yaml``: what is said, by kind of product and by judgement."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kinds: Kinds
    openers: Lines
    closers: dict[str, Lines]
    intensified: Lines
    concession: Lines
    wished: Lines
    statements: Statements

    @classmethod
    def load(cls) -> "Clauses":
        """The packaged file, with what the lexicons know to judge one way."""
        text = files("finetune.sentiment").joinpath("data/zh.yaml").read_text("utf-8")
        clauses = cls(**yaml.safe_load(text), statements=Statements.load())
        for side, words in _lexicon().items():
            known = clauses.kinds["general"][side]
            known += sorted(words - set(known))
        return clauses

    def compose(self, random: Random) -> Example:
        """One review of one kind of product, with its stars."""
        kind = random.choice([name for name in self.kinds if name != "general"])
        (stars,) = random.choices((1, 2, 3, 4, 5), (30, 15, 8, 12, 35))
        side = "bad" if stars < 3 else "mixed" if stars == 3 else "good"
        if random.random() < _TWO_SIDED[stars]:
            text = self._two_sided(kind, stars, random)
        else:
            text = self._one_sided(kind, side, random)
        if random.random() < 0.15:
            text = f"{random.choice(self.openers)}，{text}"
        if random.random() < 0.25:
            text += random.choice(_STOPS) + random.choice(self.closers[side])
        return Example(prepare(text), str(stars))

    def _one_sided(self, kind: str, side: str, random: Random) -> str:
        amount = min(1 + int(random.expovariate(0.7)), _LONGEST)
        said = [self._clause(kind, side, random) for _ in range(amount)]
        if random.random() < 0.3:
            said.insert(0, self._clause(kind, "plain", random))
        return _joined(said, random)

    def _two_sided(self, kind: str, stars: int, random: Random) -> str:
        """What is conceded comes first as a rule; more is said of what decides."""
        good, bad = (self._clause(kind, side, random) for side in ("good", "bad"))
        before, after = (bad, good) if stars == 4 else (good, bad)
        if stars == 3 and random.random() < 0.5:
            before, after = after, before
        said = [random.choice(self.concession).format(a=before, b=after)]
        if stars == 3 and random.random() < 0.2:
            said.append(random.choice(self.wished).format(after))
        elif stars != 3 and random.random() < 0.6:
            said.append(self._clause(kind, "good" if stars == 4 else "bad", random))
        return _joined(said, random)

    def _clause(self, kind: str, side: str, random: Random) -> str:
        if side in ("good", "bad") and random.random() < _STATED:
            judged: Side = "good" if side == "good" else "bad"
            return self.statements.say(kind, judged, random)
        own = self.kinds[kind].get(side)
        source = own if own and random.random() < 0.6 else self.kinds["general"][side]
        clause = random.choice(source)
        if side in ("good", "bad") and random.random() < 0.15:
            return random.choice(self.intensified).format(clause)
        return clause


def compose(clauses: Clauses, amount: int, random: Random) -> list[Example]:
    """Reviews of every kind of product, made of ``clauses``."""
    return [clauses.compose(random) for _ in range(amount)]


def written_reviews() -> list[Example]:
    """The file ``data/zh_reviews.yaml``: whole reviews that somebody wrote, with their stars."""
    text = files("finetune.sentiment").joinpath("data/zh_reviews.yaml").read_text("utf-8")
    told: dict[int, list[str]] = yaml.safe_load(text)
    return [Example(prepare(review), str(stars)) for stars in told for review in told[stars]]


def _joined(clauses: list[str], random: Random) -> str:
    text = clauses[0]
    for clause in clauses[1:]:
        text += random.choice(_STOPS) + clause
    return text + random.choice(("", "", "。", "！"))


def _lexicon() -> dict[str, set[str]]:
    """Chinese words and phrases that judge one way whatever they stand with."""
    opinions = files("retrieval.reviews").joinpath("data/sentiment.yaml").read_text("utf-8")
    aspects = files("retrieval.lexicon").joinpath("data/aspects.yaml").read_text("utf-8")
    entries = list(yaml.safe_load(aspects)["aspects"].values())
    said: dict[str, set[str]] = {}
    for side, sign in (("good", 1), ("bad", -1)):
        named = {phrase for entry in entries for phrase in entry.get(f"says_{side}", ())}
        graded = {p for p, value in graded_phrases().items() if value * sign > 1}
        phrases = {*yaml.safe_load(opinions)[side], *named, *graded}
        said[side] = {p for p in phrases if has_chinese(p) and len(p) > 1 and "{" not in p}
    return {"good": said["good"] - said["bad"], "bad": said["bad"] - said["good"]}
