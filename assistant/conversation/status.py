"""Who answers a conversation: the hand-off state machine as a plain table."""

from typing import Literal

from assistant.turn import Status

Act = Literal["ask", "claim", "return", "resolve", "close"]
"""``ask`` for a person; an agent ``claim``s, ``return``s or ``resolve``s; ``close`` ends it all."""

TRANSITIONS: dict[tuple[Status, Act], Status] = {
    ("bot", "ask"): "waiting_for_agent",
    ("waiting_for_agent", "claim"): "with_agent",
    ("with_agent", "return"): "bot",
    ("with_agent", "resolve"): "closed",
    ("bot", "close"): "closed",
    ("waiting_for_agent", "close"): "closed",
    ("with_agent", "close"): "closed",
}


def next_status(status: Status, act: Act) -> Status | None:
    """The status after ``act``, or ``None`` where ``act`` is not possible now."""
    return TRANSITIONS.get((status, act))
