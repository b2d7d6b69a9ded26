from datetime import UTC, datetime
from importlib.resources import files

import yaml

from assistant.conversation.conversation import Conversation, Message, Transcript
from assistant.conversation.handoff import Handoff, Note
from assistant.dialogue.state import DialogueState
from ui.facts import facts_html, queue_line
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
    assert html.count("&lt;script&gt;") == 9
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


def test_the_reply_does_not_repeat_the_cards():
    turn = {
        "products": [card()], "language": "en", "action": "recommend",
        "personalised": {"on": True, "why": "because"},
    }  # fmt: skip
    text = "Here is one:\n1. Lamp, $10. Bright.\nShall I look further?"
    said = Message(seq=1, role="assistant", text=text, at=NOW, turn_id="t")
    html = transcript_html(transcript(said, turns={"t": turn}), "en")
    assert "Here is one:" in html and "Shall I look further?" in html and "Bright." not in html


def test_the_facts_beside_a_conversation_are_escaped_and_in_words():
    handoff = Handoff(
        id="h", conversation_id="c", customer_id=None, channel="page", language="zh",
        status="waiting", conversation_status="waiting_for_agent", reason=EVIL,
        summary={"products": [{"id": "p", "title": EVIL, "price": 5.0, "currency": "USD"}]},
        sentiment=-0.5, waiting_s=190, agent=None, notes=[Note(agent=EVIL, text=EVIL, at=NOW)],
        outcome=None, created_at=NOW, claimed_at=None, ended_at=None,
    )  # fmt: skip
    html = facts_html(handoff, EVIL, ["under $60", EVIL], "en")
    assert html.count("&lt;script&gt;") == 6 and "<script" not in html
    assert "under $60" in html and "unhappy" in html and "Chinese" in html and "$5" in html
    asked = handoff.model_copy(update={"reason": "asked", "sentiment": 0.0})
    assert "Asked for a person" in facts_html(asked, None, [], "en")
    assert "顾客要求人工客服" in facts_html(asked, None, [], "zh")
    assert queue_line(handoff, "Ann", "en") == "Guest · waiting 3 min · unhappy"
    held = asked.model_copy(update={"status": "claimed", "agent": "Ann", "waiting_s": 5})
    assert "with you" in queue_line(held, "Ann", "en")
    assert "with Ann" in queue_line(held, "Ben", "en")


def test_both_languages_have_the_same_labels():
    words = yaml.safe_load(files("ui").joinpath("data", "words.yaml").read_text("utf-8"))
    assert words["en"].keys() == words["zh"].keys()
