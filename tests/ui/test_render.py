from datetime import UTC, datetime

from assistant.conversation.conversation import Conversation, Message, Transcript
from assistant.dialogue.state import DialogueState
from ui.render import cards_html, transcript_html

NOW = datetime(2026, 1, 1, tzinfo=UTC)
EVIL = "<script>alert(1)</script><img src=x onerror=alert(1)>"


def transcript(*messages: Message, turns=None) -> Transcript:
    held = Conversation(
        id="c", customer_id=None, channel="page", locale="en", language="en", status="bot",
        state=DialogueState(), version=1, last_seq=len(messages), created_at=NOW, updated_at=NOW,
    )  # fmt: skip
    return Transcript(conversation=held, messages=list(messages), turns=turns or {})


def card(**changes) -> dict:
    return {
        "id": "p1", "title": "Lamp", "price": 10.0, "currency": "USD", "list_price": None,
        "rating": 4.2, "review_count": 3, "image_url": "/media/p1.svg", "url": None,
        "in_stock": True, "stock": 2, "position": 0, "reasons": [],
        "review_summary": {"positive": 2, "negative": 1, "aspects": []},
    } | changes  # fmt: skip


def test_every_text_is_escaped():
    hostile = card(
        title=EVIL,
        id='"><u>',
        reasons=[{"kind": "match", "text": EVIL, "evidence": {}}],
        review_summary={
            "positive": 1,
            "negative": 0,
            "aspects": [
                {"aspect": "x", "label": EVIL, "sentiment": 1, "mentions": 1, "quote": EVIL}
            ],
        },
    )
    message = Message(seq=1, role="shopper", text=EVIL, at=NOW)
    agent = Message(seq=2, role="agent", text=EVIL, at=NOW, agent=EVIL)
    html = transcript_html(transcript(message, agent), "en", waiting=EVIL) + cards_html(
        [hostile], "en"
    )
    assert html.count("&lt;script&gt;") == 8
    assert "<script" not in html and "onerror=alert(1)>" not in html and '"><u>' not in html


def test_only_safe_addresses_become_links():
    for bad in ("javascript:alert(1)", "data:text/html,x", "//elsewhere.example/x", " http://x"):
        html = cards_html([card(url=bad, image_url=bad)], "en")
        assert "href" not in html and "<img" not in html
    good = cards_html([card(url="https://shop.example/p?a=1&b=2")], "en")
    assert 'href="https://shop.example/p?a=1&amp;b=2"' in good


def test_a_card_says_price_stock_and_rating_in_the_language():
    english, chinese = cards_html([card()], "en"), cards_html([card()], "zh")
    assert "$10" in english and "Only 2 left" in english and "3 reviews" in english
    assert "仅剩2件" in chinese and "3条评价" in chinese
    assert "Out of stock" in cards_html([card(in_stock=False)], "en")
    assert "No reviews yet" in cards_html([card(rating=None, review_count=0)], "en")


def test_cards_stand_under_the_assistants_words():
    turn = {
        "products": [card()], "language": "en", "action": "recommend",
        "personalised": {"on": True, "why": "because"},
    }  # fmt: skip
    said = Message(seq=1, role="assistant", text="Here", at=NOW, turn_id="t")
    html = transcript_html(transcript(said, turns={"t": turn}), "en")
    assert html.index("Here") < html.index("Lamp") < html.index("because")
