"""What a merchant reads about reviews and loyalty, as HTML. Every text is escaped here."""

from collections.abc import Iterable, Mapping, Sequence
from html import escape

from assistant.insights import (
    AlarmsView,
    AlarmView,
    LoyaltyView,
    PointView,
    SentimentView,
    SuspicionView,
    VocabularyView,
)
from assistant.turn import AspectView, ReviewSummary
from retrieval.reviews.review import Review
from ui.words import label

REVIEWS_SHOWN = 5
LONGEST = 300
"""Characters of a review that are shown."""
WIDTH, HEIGHT = 240, 40
"""Of a sparkline, in pixels."""


def alarms_html(found: AlarmsView, reviews: Mapping[str, Review], language: str) -> str:
    """Alarms with the beginning of the reviews behind them."""
    if not found.alarms:
        return note_html("merchant_no_alarms", language)
    told = "".join(_alarm(alarm, reviews, language) for alarm in found.alarms)
    waiting = (
        note_html("merchant_outbox", language, **found.outbox) if any(found.outbox.values()) else ""
    )
    return f"<div class='insights'>{told}{waiting}</div>"


def alarm_line(alarm: AlarmView, language: str) -> str:
    """One alarm in a line of plain text."""
    what = alarm.aspect_label or label("merchant_on_the_whole", language)
    where = alarm.label or label("merchant_whole_shop", language)
    return f"{where} · {what} · {alarm.raised_at.date().isoformat()}"


def _alarm(alarm: AlarmView, reviews: Mapping[str, Review], language: str) -> str:
    rise = label(
        "merchant_rise",
        language,
        before=_percent(alarm.before),
        since=_percent(alarm.since),
        complaints=alarm.complaints,
        mentions=alarm.mentions,
        began=alarm.began.date().isoformat(),
    )
    seen = ""
    if alarm.seen_by:
        seen = f"<p>{escape(label('merchant_seen_by', language, name=alarm.seen_by))}</p>"
    shown = [reviews[key] for key in reversed(alarm.review_ids) if key in reviews][:REVIEWS_SHOWN]
    return (
        f"<article class='alarm{' seen' if alarm.seen_by else ''}'>"
        f"<h3>{escape(alarm_line(alarm, language))}</h3><p>{escape(rise)}</p>{seen}"
        f"<details><summary>{escape(label('merchant_behind', language, n=len(alarm.review_ids)))}"
        f"</summary>{_reviews(shown)}<p class='ids'>{escape(', '.join(alarm.review_ids))}</p>"
        "</details></article>"
    )


def _reviews(reviews: Iterable[Review]) -> str:
    items = []
    for review in reviews:
        text = " ".join([review.title, review.text]).strip()[:LONGEST]
        told = f"{escape(review.id)} · {review.at.date().isoformat()}"
        stars = "★" * review.rating
        items.append(f"<li>{stars} <q>{escape(text)}</q> <small>{told}</small></li>")
    return f"<ul>{''.join(items)}</ul>"


def sentiment_html(found: SentimentView, language: str) -> str:
    """A row for each series: its name, how many reviews, a line over time, and where it stands."""
    if not found.series:
        return note_html("merchant_nothing", language)
    heads = ("merchant_series", "merchant_reviews", "merchant_over_time", "merchant_latest")
    rows = [
        (
            escape(series.label or label("merchant_whole_shop", language)),
            str(series.reviews),
            _sparkline(series.points),
            f"{series.points[-1].sentiment:+.2f} ({escape(series.points[-1].start.isoformat())})",
        )
        for series in found.series
    ]
    return table_html(heads, rows, language)


def _sparkline(points: Sequence[PointView]) -> str:
    """Sentiment from -1 at the bottom to 1 at the top, a dot for each week or month."""
    first = points[0].start.toordinal()
    span = max(1, points[-1].start.toordinal() - first)
    places = [
        (
            4 + (WIDTH - 8) * (p.start.toordinal() - first) / span,
            HEIGHT / 2 - p.sentiment * (HEIGHT / 2 - 4),
        )
        for p in points
    ]
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    told = "; ".join(f"{p.start.isoformat()}: {p.sentiment:+.2f} ({p.reviews})" for p in points)
    return (
        f"<svg class='spark' width='{WIDTH}' height='{HEIGHT}' role='img' "
        f"viewBox='0 0 {WIDTH} {HEIGHT}'><title>{escape(told)}</title>"
        f"<line x1='0' x2='{WIDTH}' y1='{HEIGHT / 2}' y2='{HEIGHT / 2}'/>"
        f"<polyline points='{path}'/></svg>"
    )


def product_html(
    title: str, summary: ReviewSummary, suspicions: Sequence[SuspicionView], language: str
) -> str:
    """Every aspect of a product, and which of its reviews are doubted."""
    heads = (
        *("merchant_aspect", "merchant_score", "merchant_mentions"),
        *("merchant_trend", "merchant_quotes"),
    )
    rows = [
        (
            escape(aspect.label),
            f"{aspect.sentiment:+.2f} ({aspect.interval[0]:+.2f} … {aspect.interval[1]:+.2f})",
            f"{aspect.mentions} (+{aspect.positive} −{aspect.negative})",
            escape(label(f"merchant_{aspect.trend.direction}", language)) if aspect.trend else "–",
            _quotes(aspect),
        )
        for aspect in summary.aspects
    ]
    body = table_html(heads, rows, language) if rows else note_html("merchant_nothing", language)
    return f"<h3>{escape(title)}</h3>{body}{_suspicions(suspicions, language)}"


def _quotes(aspect: AspectView) -> str:
    return "".join(
        f"<p class='{'good' if quote.positive else 'bad'}'><q>{escape(quote.text)}</q> "
        f"<small>{escape(quote.review_id)}</small></p>"
        for quote in aspect.quotes
    )


def _suspicions(found: Sequence[SuspicionView], language: str) -> str:
    if not found:
        return ""
    rows = [
        (
            escape(one.review_id),
            escape(label(f"merchant_{one.kind}", language, **one.because)),
            escape(", ".join(key for key in one.because["reviews"] if key != one.review_id)),
        )
        for one in found
    ]
    heads = ("merchant_review", "merchant_doubt", "merchant_beside")
    return (
        f"<h4>{escape(label('merchant_doubted', language))}</h4>{table_html(heads, rows, language)}"
    )


def loyalty_html(found: LoyaltyView, language: str) -> str:
    """A row for each cohort."""
    if not found.cohorts:
        return note_html("merchant_nothing", language)
    heads = (
        *("merchant_month", "merchant_customers", "merchant_repeat"),
        *("merchant_satisfaction", "merchant_stars"),
    )
    rows = [
        (
            one.month.strftime("%Y-%m"),
            str(one.customers),
            "–" if one.repeat_rate is None else f"{_percent(one.repeat_rate)} ({one.watched})",
            "–" if one.satisfaction is None else f"{_percent(one.satisfaction)} ({one.reviews})",
            "–" if one.stars is None else f"{one.stars:.2f}",
        )
        for one in found.cohorts
    ]
    note = note_html("merchant_repeat_means", language, days=found.window_days)
    return table_html(heads, rows, language) + note


def vocabulary_html(found: VocabularyView, language: str) -> str:
    """What is taken over already, and what is offered with an example of each."""
    heads = ("merchant_word", "merchant_reviews", "merchant_mentions", "merchant_example")
    rows = [
        (
            escape(one.word),
            str(one.reviews),
            f"+{one.praised} −{one.criticised}",
            "".join(
                f"<q>{escape(words)}</q> <small>{escape(key)}</small> "
                for key, words in one.examples
            ),
        )
        for one in found.offered
    ]
    taken = ", ".join(one.labels.get(language, one.name) for one in found.taken)
    told = f"<p>{escape(label('merchant_taken', language, words=taken))}</p>" if taken else ""
    return told + (
        table_html(heads, rows, language) if rows else note_html("merchant_nothing", language)
    )


def table_html(heads: Iterable[str], rows: Iterable[Iterable[str]], language: str) -> str:
    """Cells are HTML already; heads are keys of labels."""
    head = "".join(f"<th>{escape(label(key, language))}</th>" for key in heads)
    body = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    table = f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    return f"<div class='insights'>{table}</div>"


def note_html(key: str, language: str, **values: object) -> str:
    return f"<p class='personal'>{escape(label(key, language, **values))}</p>"


def _percent(share: float) -> str:
    return f"{100 * share:.0f}%"
