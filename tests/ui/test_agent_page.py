"""The agent's page beside the shopper's, in a real browser."""

import re
import time
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

pytestmark = pytest.mark.browser

KEY = "key-of-the-desk"
WITHIN_MS = 1000


@pytest.fixture
def agent(service, browser: Browser, early) -> Iterator[Callable[..., Page]]:
    """Signs in at the agent's page: ``agent("Ann")``."""
    pages: list[Page] = []

    def enter(name: str, key: str = KEY, **options) -> Page:
        page = browser.new_page(locale="en-GB", **options)
        pages.append(page)
        page.set_default_timeout(20_000)
        page.goto(f"{service.url}/agent")
        page.locator("#key input").fill(key)
        page.locator("#name input, #name textarea").first.fill(name)
        page.locator("#enter").click()
        return page

    yield enter
    for page in pages:
        page.close()


@pytest.fixture
def queued(visit):
    """A shopper who has asked for a person."""
    shopper = visit()
    shopper.say("I need a dress under $80, not black")
    shopper.page.locator("#person").click()
    expect(shopper.page.locator("#status")).to_contain_text("A person will be with you soon")
    return shopper


def newest(page: Page):
    """The conversation that was asked for last."""
    return page.locator("#queue label").last


def write(page: Page, box: str, text: str) -> None:
    field = page.locator(f"{box} textarea, {box} input").first
    field.fill(text)
    field.press("Enter")


def arrives(page: Page, text: str) -> None:
    expect(page.locator(".talk .bubble").last).to_contain_text(text, timeout=WITHIN_MS)


def test_a_person_takes_over_and_hands_back(queued, agent):
    desk, shop = agent("Ann"), queued.page
    newest(desk).click()
    expect(desk.locator(".talk")).to_contain_text("I need a dress under $80")
    expect(desk.locator("#facts .wishes")).to_contain_text("under $80")
    expect(desk.locator("#facts .wishes")).to_contain_text("not black")
    expect(desk.locator("#reply textarea, #reply input").first).to_be_disabled()
    desk.locator("#claim").click()
    expect(shop.locator("#status")).to_contain_text("talking to a person")
    expect(desk.locator("#reply textarea, #reply input").first).to_be_enabled()

    write(desk, "#reply", "Hello <b>there</b>, this is Ann")
    arrives(shop, "Hello <b>there</b>, this is Ann")
    answers = len(queued.replies())
    write(shop, "#message", "Is there a red dress?")
    arrives(desk, "Is there a red dress?")
    write(desk, "#reply", "Let me see")
    arrives(shop, "Let me see")
    time.sleep(1)
    assert len(queued.replies()) == answers, "the assistant spoke while a person had the talk"

    write(desk, "#note-text", "likes red")
    expect(desk.locator("#facts")).to_contain_text("likes red")
    expect(shop.locator("body")).not_to_contain_text("likes red")
    desk.locator("#return").click()
    expect(shop.locator(".talk")).to_contain_text("The assistant is back")
    queued.say("a dress under $60")
    assert queued.last_cards() and max(queued.last_prices()) <= 60


def test_a_resolved_conversation_is_closed_and_a_new_one_offered(queued, agent):
    desk, shop = agent("Ann"), queued.page
    newest(desk).click()
    desk.locator("#claim").click()
    desk.locator("#resolve").click()
    expect(shop.locator("#status")).to_contain_text("closed")
    expect(shop.locator("#message textarea, #message input").first).to_be_disabled()
    shop.locator("#fresh").click()
    expect(shop.locator("#message textarea, #message input").first).to_be_enabled()
    queued.say("hello")


def test_a_second_agent_hears_who_was_first(queued, agent):
    ann, ben = agent("Ann"), agent("Ben")
    for desk in (ann, ben):
        newest(desk).click()
        expect(desk.locator("#claim")).to_be_enabled()
    # Both press before either page has seen the other's claim.
    ben.evaluate("document.querySelector('#claim').disabled = false")
    ann.locator("#claim").click(no_wait_after=True)
    ben.evaluate("document.querySelector('#claim').click()")
    expect(ann.locator("#claim")).to_be_disabled()
    expect(ben.locator("#claim")).to_be_disabled()
    held = [desk.locator("#return").is_enabled() for desk in (ann, ben)]
    assert held.count(True) == 1
    loser = ben if held[0] else ann
    expect(loser.locator("body")).to_contain_text("has taken this conversation already")


def test_the_desk_tells_of_those_who_wait(visit, agent):
    desk = agent("Ann")
    before = int(desk.locator("#alert p").get_attribute("data-waiting"))
    shopper = visit()
    shopper.say("I want to talk to a human")
    expect(desk.locator("#alert p")).to_have_attribute("data-waiting", str(before + 1))
    expect(desk).to_have_title(re.compile(rf"^\({before + 1}\)"))


def test_a_wrong_key_or_no_name_opens_nothing(agent):
    for name, key, told in (
        ("Ann", "wrong", "does not open"),
        ("", KEY, "give your name"),
    ):
        page = agent(name, key)
        expect(page.locator("body")).to_contain_text(told)
        expect(page.locator("#queue")).to_be_hidden()


def test_the_desk_in_chinese_on_a_phone(queued, agent):
    desk = agent("安", viewport={"width": 390, "height": 844})
    desk.locator("#language label", has_text="中文").click()
    expect(desk.locator("#claim")).to_have_text("接入")
    newest(desk).click()
    expect(desk.locator("#facts .wishes")).to_contain_text("80")
    expect(desk.locator("#facts")).to_contain_text("顾客需求")
    assert desk.evaluate("document.documentElement.scrollWidth") <= 390
