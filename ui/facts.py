"""What an agent reads beside a conversation, as HTML. Every text is escaped here."""

from collections.abc import Sequence
from html import escape

from assistant.conversation.handoff import Handoff
from assistant.reply.money import money
from ui.words import label

UNEVEN = 0.2
"""From here on a mood counts as good or bad."""
REASONS = ("asked", "accepted", "order", "answer", "lost", "mood")


def queue_line(handoff: Handoff, agent: str, language: str) -> str:
    """One line of the queue as plain text: who, since when or with whom, and in what mood."""
    who = handoff.customer_id or label("guest", language)
    if handoff.agent == agent:
        state = label("agent_mine", language)
    elif handoff.status == "claimed":
        state = label("agent_held", language, agent=handoff.agent)
    elif handoff.waiting_s < 60:
        state = label("agent_waits_short", language)
    else:
        state = label("agent_waits", language, minutes=int(handoff.waiting_s // 60))
    return " · ".join([who, state, mood_words(handoff.sentiment, language)])


def mood_words(mood: float, language: str) -> str:
    """A mood in [-1, 1] in words."""
    kind = "bad" if mood <= -UNEVEN else "good" if mood >= UNEVEN else "even"
    return label(f"mood_{kind}", language)


def facts_html(handoff: Handoff, customer: str | None, wishes: Sequence[str], language: str) -> str:
    """Who it is, why a person is wanted, the wishes in words, the last products and the notes."""
    who = [
        ("agent_customer", customer or label("guest", language)),
        ("agent_spoken", label(f"language_{handoff.language}", language)),
        ("agent_mood", mood_words(handoff.sentiment, language)),
        ("agent_reason", _reason(handoff.reason, language)),
    ]
    rows = "".join(
        f"<dt>{escape(label(key, language))}</dt><dd>{escape(value)}</dd>"
        for key, value in who
        if value
    )
    chips = [f'<span class="wish">{escape(wish)}</span>' for wish in wishes]
    nothing = escape(label("agent_no_constraints", language))
    products = [
        f"<li>{escape(p['title'])} · {escape(money(p['price'], p['currency']))}</li>"
        for p in handoff.summary.get("products", [])
    ]
    notes = [f"<li><b>{escape(n.agent)}</b> {escape(n.text)}</li>" for n in handoff.notes]
    return (
        f'<dl class="facts">{rows}</dl>'
        + _section(
            "agent_constraints", f'<p class="wishes">{"".join(chips) or nothing}</p>', language
        )
        + _list("agent_products", products, language)
        + _list("agent_notes", notes, language)
    )


def _reason(reason: str, language: str) -> str:
    """The reasons of the dialogue have labels; what a shopper wrote stands as it is."""
    return label(f"agent_reason_{reason}", language) if reason in REASONS else reason


def _list(title: str, items: list[str], language: str) -> str:
    return _section(title, f"<ul>{''.join(items)}</ul>", language) if items else ""


def _section(title: str, body: str, language: str) -> str:
    return f"<section class='facts'><h3>{escape(label(title, language))}</h3>{body}</section>"
