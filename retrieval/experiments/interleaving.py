"""One list made of two, so that every click judges between them.

Team-draft interleaving (Radlinski, Kurup & Joachims 2008, "How does clickthrough data reflect
retrieval quality?"): the two take turns in choosing, a coin decides who begins each round.
"""

from collections.abc import Callable, Sequence
from random import Random

from retrieval.candidate import Candidate

Allowed = Callable[[Sequence[Candidate]], bool]


def team_draft(
    first: Sequence[Candidate],
    second: Sequence[Candidate],
    limit: int,
    coin: Random,
    allowed: Allowed = lambda shown: True,
) -> list[tuple[Candidate, int]]:
    """At most ``limit`` candidates, each with the team (0 or 1) that chose it.

    A choice that ``allowed`` forbids is passed over, unless nothing else is left.
    """
    teams = (list(first), list(second))
    chosen: list[tuple[Candidate, int]] = []
    taken: set[str] = set()
    counts = [0, 0]
    while len(chosen) < limit:
        turn = coin.randrange(2) if counts[0] == counts[1] else int(counts[0] > counts[1])
        pick = None
        for team in (turn, 1 - turn):
            left = [c for c in teams[team] if c.id not in taken]
            shown = [c for c, _ in chosen]
            pick = next((c for c in left if allowed([*shown, c])), None)
            if pick is not None:
                break
        else:
            left = [c for team in teams for c in team if c.id not in taken]
            if not left:
                break
            pick, team = left[0], turn
        assert pick is not None
        chosen.append((pick, team))
        taken.add(pick.id)
        counts[team] += 1
    return chosen
