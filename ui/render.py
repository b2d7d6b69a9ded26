"""Transcripts as HTML. Every text is escaped here: titles, reviews and messages are untrusted."""

from collections.abc import Sequence
from html import escape
from typing import Any

from assistant.api.schemas import RowView
from assistant.conversation.conversation import Message, Transcript
from assistant.reply.money import money
from ui.words import label

FEW = 5
STARS = 5


def transcript_html(
    transcript: Transcript, language: str, waiting: str | None = None, reader: str = "shopper"
) -> str:
    """The whole conversation: bubbles, and under the assistant's the cards they speak of.

    Args:
        waiting: a message just sent that is not stored yet; shown with a sign of work going on.
        reader: role of the one who reads it, and who is called "you".
    """
    parts = [
        _message(message, transcript.turns.get(message.turn_id or ""), language, reader)
        for message in transcript.messages
    ]
    if waiting is not None:
        parts.append(_bubble("shopper", waiting, label("you", language)))
        dots = '<span class="dots"><i></i><i></i><i></i></span>'
        words = f'<span class="unseen">{escape(label("thinking", language))}</span>'
        parts.append(f'<div class="bubble assistant">{dots}{words}</div>')
    newest = f"{transcript.conversation.id}-{transcript.conversation.last_seq}-{len(parts)}"
    name = escape(label("conversation", language))
    return (
        f'<div class="talk" role="log" aria-live="polite" aria-label="{name}" tabindex="0" '
        f'lang="{language}" data-newest="{newest}">{"".join(parts)}</div>'
    )


def _message(message: Message, turn: dict[str, Any] | None, language: str, reader: str) -> str:
    if message.role == "system":
        text = label(f"system_{message.status}", language) if message.status else message.text
        return f'<div class="notice">{escape(text)}</div>'
    name = label("you" if message.role == reader == "shopper" else message.role, language)
    if message.role == "agent" and message.agent:
        name = f"{name} · {message.agent}"
    if message.role != "assistant" or not turn or not turn.get("products"):
        return _bubble(message.role, message.text, name)
    html = _bubble(message.role, _beside_cards(message.text, turn), name)
    html += cards_html(turn["products"], turn["language"])
    return html + _personal(turn) if turn["action"] == "recommend" else html


def _beside_cards(text: str, turn: dict[str, Any]) -> str:
    """The reply without the lines that list what the cards under it show."""
    listed = tuple(f"{p['position'] + 1}. {p['title']}" for p in turn["products"])
    return "\n".join(line for line in text.split("\n") if not line.startswith(listed))


def _bubble(role: str, text: str, name: str) -> str:
    lines = escape(text).replace("\n", "<br>")
    return f'<div class="bubble {role}"><span class="who">{escape(name)}</span>{lines}</div>'


def _personal(turn: dict[str, Any]) -> str:
    told, language = turn["personalised"], turn["language"]
    sign = label("personal_on" if told["on"] else "personal_off", language)
    return f'<div class="personal"><b>{escape(sign)}</b> {escape(told["why"])}</div>'


def rows_html(rows: Sequence[RowView], language: str) -> str:
    """Rows of products under their titles."""
    return "".join(
        f'<section class="row"><h3>{escape(row.title)}</h3>'
        f"{cards_html([p.model_dump(mode='json') for p in row.products], language)}</section>"
        for row in rows
    )


def cards_html(products: Sequence[dict[str, Any]], language: str) -> str:
    """Product cards side by side; on a narrow screen they scroll sideways."""
    return f'<div class="cards">{"".join(_card(p, language) for p in products)}</div>'


def _card(product: dict[str, Any], language: str) -> str:
    title = escape(product["title"])
    link = _address(product.get("url"))
    heading = f'<a href="{link}" target="_blank" rel="noopener">{title}</a>' if link else title
    reasons = "".join(
        f'<li class="{escape(r["kind"])}">{escape(r["text"])}</li>' for r in product["reasons"]
    )
    return (
        f'<article class="card" data-product="{escape(product["id"])}">'
        f"{_picture(product)}"
        f'<div class="body"><h4><span class="number">{product["position"] + 1}</span>{heading}</h4>'
        f'<p class="price">{_price(product)}{_stock(product, language)}</p>'
        f'<p class="rating">{_rating(product, language)}</p>'
        f'<ul class="reasons">{reasons}</ul>{_reviews(product, language)}</div></article>'
    )


def _picture(product: dict[str, Any]) -> str:
    source = _address(product.get("image_url"))
    if not source:
        return '<div class="picture none" aria-hidden="true"></div>'
    title = escape(product["title"])
    return f'<div class="picture"><img src="{source}" alt="{title}" loading="lazy"></div>'


def _address(url: str | None) -> str | None:
    """A link that is safe to put on a page: http, https, or a path of this server."""
    if url and (url.startswith(("http://", "https://")) or (url[0] == "/" and url[:2] != "//")):
        return escape(url, quote=True)
    return None


def _price(product: dict[str, Any]) -> str:
    now = escape(money(product["price"], product["currency"]))
    before = product.get("list_price")
    if before and before > product["price"]:
        return f"<b>{now}</b> <s>{escape(money(before, product['currency']))}</s>"
    return f"<b>{now}</b>"


def _stock(product: dict[str, Any], language: str) -> str:
    if not product["in_stock"]:
        return f' <span class="stock out">{escape(label("out_of_stock", language))}</span>'
    left = product.get("stock")
    if left is not None and left <= FEW:
        return f' <span class="stock few">{escape(label("few_left", language, n=left))}</span>'
    return f' <span class="stock">{escape(label("in_stock", language))}</span>'


def _rating(product: dict[str, Any], language: str) -> str:
    if product["rating"] is None or not product["review_count"]:
        return escape(label("no_reviews", language))
    full = round(product["rating"])
    stars = "★" * full + "☆" * (STARS - full)
    count = label("reviews", language, n=product["review_count"])
    drawn = f'<span class="stars" aria-hidden="true">{stars}</span>'
    return f"{drawn} {product['rating']:.1f} · {escape(count)}"


def _reviews(product: dict[str, Any], language: str) -> str:
    summary = product["review_summary"]
    if not summary["aspects"]:
        return ""
    counts = " · ".join(
        escape(label(key, language, n=summary[key])) for key in ("positive", "negative")
    )
    rows = "".join(_aspect(aspect) for aspect in summary["aspects"])
    title = escape(label("what_reviews_say", language))
    counted = f'<p class="counts">{counts}</p>'
    return f"<details><summary>{title}</summary>{counted}<ul>{rows}</ul></details>"


def _aspect(aspect: dict[str, Any]) -> str:
    feeling = aspect["sentiment"]
    kind = "good" if feeling > 0.1 else "bad" if feeling < -0.1 else "mixed"
    quote = f"<q>{escape(aspect['quote'])}</q>" if aspect.get("quote") else ""
    return (
        f'<li class="{kind}"><b>{escape(aspect["label"])}</b> '
        f'<span class="mentions">{aspect["mentions"]}</span> {quote}</li>'
    )
