"""The shopper's page in a real browser, over a real shop."""

import re

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from assistant.conversation.tables import FeedbackRow

pytestmark = pytest.mark.browser

PHONE = {"width": 390, "height": 844}


def test_a_page_opened_before_the_shop_is_ready_comes_alive(early):
    assert "opening" in early.chat_said and not early.could_write
    expect(early.chat.locator(".bubble.assistant")).to_have_count(1)
    expect(early.chat.locator("#message textarea, #message input").first).to_be_enabled()
    assert "opening" in early.agent_said
    expect(early.agent.locator("#status")).not_to_contain_text("opening")


def test_a_talk_in_english(visit):
    visitor = visit()
    visitor.say("I need a dress under $80")
    assert visitor.last_cards() and max(visitor.last_prices()) <= 80
    assert all("dress" in card.lower() for card in visitor.last_cards())
    dearest = max(visitor.last_prices())
    visitor.say("cheaper please")
    assert max(visitor.last_prices()) < dearest
    page = visitor.page
    expect(page.locator("#message textarea, #message input").first).to_be_focused()
    first = page.locator(".cards").last.locator("h4").first.inner_text().split("\n")[-1].strip()
    visitor.press("first one")
    assert first.removeprefix("1").strip() in visitor.replies()[-1]
    pictures = page.locator(".card img")
    assert all(pictures.nth(i).get_attribute("alt") for i in range(pictures.count()))
    expect(page.get_by_role("log")).to_have_attribute("aria-live", "polite")
    assert page.evaluate("document.documentElement.lang") == "en"


def test_a_talk_in_chinese(visit):
    visitor = visit(locale="zh-CN")
    page = visitor.page
    expect(page.locator("#send")).to_have_text("发送")
    expect(page.locator("#person")).to_have_text("转人工")
    assert page.evaluate("document.documentElement.lang") == "zh"
    visitor.say("我想买一条裙子，80美元以内")
    assert visitor.last_cards() and max(visitor.last_prices()) <= 80
    assert re.search("[一-鿿]", visitor.replies()[-1])
    assert all(re.search("裙", card) for card in visitor.last_cards())
    dearest = max(visitor.last_prices())
    visitor.say("便宜一点的")
    assert max(visitor.last_prices()) < dearest
    visitor.press(page.locator(".quick button:visible").first.inner_text())
    assert re.search("[一-鿿]", visitor.replies()[-1])


def test_the_language_switch_changes_the_labels_at_once(visit):
    visitor = visit()
    visitor.say("I need a dress under $80")
    visitor.page.locator("#locale input").click()
    visitor.page.get_by_role("option", name="中文").click()
    expect(visitor.page.locator("#send")).to_have_text("发送")
    expect(visitor.page.locator(".bubble.shopper .who")).to_have_text("我")
    assert visitor.last_cards()


def test_markup_in_titles_and_messages_is_shown_as_text(visit):
    visitor = visit()
    page = visitor.page
    visitor.say("do you have a zither?")
    expect(page.locator(".card[data-product=evil] h4")).to_contain_text("<script>")
    visitor.say("<img src=x onerror=\"document.title='owned'\"><b>hello</b>")
    expect(page.locator(".bubble.shopper").last).to_contain_text("<b>hello</b>")
    expect(page.locator("h1")).to_have_text("Corner <b>Shop</b>")
    assert page.locator(".talk script, .talk .bubble b, .talk img[src=x]").count() == 0
    assert "owned" not in page.title()


def test_no_sideways_scroll_on_a_phone(visit):
    visitor = visit(viewport=PHONE, has_touch=True, is_mobile=True)
    visitor.say("I need a dress under $80")
    wide = """() => [...document.querySelectorAll('body *')]
        .filter(e => !e.closest('.cards, .quick'))
        .filter(e => e.getBoundingClientRect().right > innerWidth + 1)
        .map(e => e.tagName + '.' + e.className)"""
    assert visitor.page.evaluate(wide) == []
    assert visitor.page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    for part in (visitor.page.locator(".cards").last, visitor.page.locator("#message")):
        expect(part).to_be_in_viewport()
    assert visitor.page.locator(".top").bounding_box()["height"] < 100


def test_the_first_line_of_the_newest_answer_is_in_view(visit):
    visitor = visit(viewport=PHONE)
    for text in ("I need a dress", "show more"):
        visitor.say(text)
        expect(visitor.page.locator(".bubble.assistant").last.locator(".who")).to_be_in_viewport()


def test_a_reload_goes_on_with_the_conversation(visit):
    visitor = visit()
    visitor.say("I need a dress under $80")
    page = visitor.page
    before = page.locator(".talk").inner_text()
    quick = page.locator(".quick button:visible").all_inner_texts()
    assert quick
    page.reload()
    page.locator(".card").first.wait_for()
    assert page.locator(".talk").inner_text() == before
    expect(page.locator(".quick button:visible")).to_have_text(quick)
    page.locator("#fresh").click()
    expect(page.locator(".talk > *")).to_have_count(1)


def test_a_message_sent_the_moment_the_page_allows_it_is_answered(visit):
    for _ in range(3):
        visitor = visit()
        visitor.say("hello")
        assert len(visitor.replies()) == 2


def test_messages_sent_in_a_row_are_all_answered(visit):
    visitor = visit()
    box = visitor.page.locator("#message textarea, #message input").first
    said = ["I need a dress", "under $80", "thanks"]
    for text in said:
        box.fill(text)
        box.press("Enter")
        expect(box).to_have_value("")
    expect(visitor.page.locator(".bubble.assistant:not(:has(.dots))")).to_have_count(4)
    bubbles = visitor.page.locator(".bubble.shopper").all_inner_texts()
    assert [bubble.split("\n")[-1] for bubble in bubbles] == said


def test_a_verdict_on_an_answer_is_kept(visit, service):
    visitor = visit()
    visitor.say("I need a dress under $80")
    visitor.page.locator("#good").click()
    expect(visitor.page.locator("#good")).to_be_hidden()
    with service.shop.sessions() as session:
        assert session.scalars(select(FeedbackRow.value)).all() == ["up"]


def test_a_customer_of_the_demo_can_be_chosen_and_opt_out(visit, service):
    visitor = visit()
    page = visitor.page
    customer = service.shop.customers.page(1)[0]
    page.locator("#customer input").click()
    page.get_by_role("option", name=customer.id).click()
    expect(page.locator("#personalise")).to_be_visible()
    page.locator("#personalise input").uncheck()
    visitor.say("I need a dress under $80")
    expect(page.locator(".personal")).to_contain_text("Not personalised")
    assert service.shop.customers.get(customer.id).personalise is False
