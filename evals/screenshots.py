"""Pictures of the pages for the README: ``python -m evals.screenshots URL AGENT_KEY [FOLDER]``.

Talks to a running service with the demo store. Needs a Chromium that Playwright finds, or one on
the path.
"""

import io
import shutil
import sys
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

WIDE: ViewportSize = {"width": 1200, "height": 860}
PHONE: ViewportSize = {"width": 390, "height": 844}
COLORS = 255


def main(url: str, key: str, folder: str = "docs") -> None:
    """Takes ``chat-en.png``, ``chat-zh.png``, ``phone.png`` and ``agent.png``."""
    place = Path(folder)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        english = _open(chromium, url, "en-GB", WIDE)
        _say(english, "a navy dress under $80")
        _say(english, "nothing with bad sizing")
        _keep(english, place / "chat-en.png")
        chinese = _open(chromium, url, "zh-CN", WIDE)
        _say(chinese, "想买一个蓝牙音箱，100美元以内")
        _keep(chinese, place / "chat-zh.png")
        phone = _open(chromium, url, "en-GB", PHONE)
        _say(phone, "an oak coffee table")
        _keep(phone, place / "phone.png")
        _say(english, "can I talk to a person?")
        desk = chromium.new_page(viewport=WIDE)
        _hand_off(desk, url, key)
        _keep(desk, place / "agent.png")
        chromium.close()


def _open(browser: Browser, url: str, locale: str, size: ViewportSize) -> Page:
    page = browser.new_page(locale=locale, viewport=size)
    page.goto(url)
    page.locator(".bubble.assistant").wait_for(timeout=60_000)
    return page


def _say(page: Page, text: str) -> None:
    before = page.locator(".bubble.assistant").count()
    box = page.locator("#message textarea, #message input").first
    box.fill(text)
    box.press("Enter")
    page.wait_for_function(
        "n => document.querySelectorAll('.bubble.assistant').length > n"
        " && !document.querySelector('.dots')",
        arg=before,
    )


def _hand_off(desk: Page, url: str, key: str) -> None:
    desk.goto(f"{url}/agent/")
    desk.locator("#key input").fill(key)
    desk.locator("#name input, #name textarea").first.fill("Ann")
    desk.locator("#enter").click()
    desk.locator("#queue label").last.click()
    desk.locator("#claim:enabled").click()
    box = desk.locator("#reply textarea:enabled, #reply input:enabled").first
    box.fill("Hello, this is Ann. How can I help you with the dresses?")
    box.press("Enter")
    desk.locator(".bubble.agent").wait_for()


def _keep(page: Page, path: Path) -> None:
    """The visible page in a palette, which is a third of the size."""
    page.wait_for_timeout(1500)  # the pictures of the cards
    picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    picture.quantize(COLORS).save(path, optimize=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
