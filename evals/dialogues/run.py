"""Runs scripts and reports."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from statistics import median
from typing import Any

from assistant.turn import Turn
from evals.dialogues.checks import failures
from evals.dialogues.client import Client
from evals.dialogues.script import Script


@dataclass(slots=True)
class TurnResult:
    """One exchange; ``failures`` empty means passed."""

    say: str
    reply: str
    intent: str
    action: str
    products: list[str]
    total_ms: float
    failures: list[str]


@dataclass(slots=True)
class ScriptResult:
    name: str
    language: str
    turns: list[TurnResult] = field(default_factory=list)

    @property
    def passed(self) -> bool:
        return not any(turn.failures for turn in self.turns)


@dataclass(slots=True)
class Report:
    scripts: list[ScriptResult]

    @property
    def passed(self) -> int:
        return sum(script.passed for script in self.scripts)

    def as_json(self) -> dict[str, Any]:
        turns = [turn for script in self.scripts for turn in script.turns]
        return {
            "scripts": len(self.scripts),
            "passed": self.passed,
            "turns": len(turns),
            "turns_passed": sum(not turn.failures for turn in turns),
            "p50_ms": round(median(t.total_ms for t in turns), 1) if turns else None,
            "results": [{**asdict(s), "passed": s.passed} for s in self.scripts],
        }


def run_scripts(
    scripts: Sequence[Script],
    client: Client,
    done: Callable[[ScriptResult], None] = lambda _: None,
) -> Report:
    """Plays each script in a conversation of its own. A failed turn does not end the script."""
    report = Report([])
    for script in scripts:
        result = ScriptResult(script.name, script.language)
        conversation = client.start(script.customer, script.locale)
        earlier: list[Turn] = []
        for exchange in script.turns:
            turn = client.send(conversation, exchange.say)
            result.turns.append(
                TurnResult(
                    say=exchange.say,
                    reply=turn.reply,
                    intent=turn.intent.name,
                    action=turn.action,
                    products=[p.title for p in turn.products],
                    total_ms=turn.timings_ms.get("total", 0.0),
                    failures=failures(turn, exchange.expect, earlier),
                )
            )
            earlier.append(turn)
        report.scripts.append(result)
        done(result)
    return report
