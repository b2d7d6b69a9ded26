"""One small real shop, served to one real browser, for all tests of the pages."""

import shutil
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import uvicorn
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from assistant.settings import Settings
from assistant.shop import Announce, Shop
from retrieval.catalog.product import Product, Variant
from retrieval.demo.generator import generate
from retrieval.demo.load import load_demo
from ui.server import build_server

KEY = "key-of-the-desk"
EVIL = (
    "<script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\"> Zither"
)
expect.set_options(timeout=20_000)  # a busy machine is no failure
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Gradio leaves event loops of its own unclosed when a page is mounted."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning"))


class HeldShop(Shop):
    """A shop whose loading waits until it is let go, so that pages can be opened before."""

    gate: threading.Event

    def load(self, announce: Announce = print) -> None:
        self.gate.wait(60)
        super().load(announce)


@dataclass(frozen=True)
class Service:
    url: str
    shop: HeldShop


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory, model_cache: Path) -> Iterator[Service]:
    """A served shop; its loading waits for ``gate``."""
    home = tmp_path_factory.mktemp("shop")
    (home / "models").symlink_to(model_cache)
    settings = Settings(
        _env_file=None, home=home, shop_name="Corner <b>Shop</b>", agent_api_key=KEY,
        admin_api_key="key-of-the-owner", locale="auto",
    )  # fmt: skip
    shop = HeldShop(settings)
    shop.gate = threading.Event()
    store = generate(scale=0.15)
    zither = Product(
        id="evil", title=EVIL, category_path=["Musical <i>instruments</i>"],
        variants=[Variant(sku="evil-1", price=40.0, stock=9)],
    )  # fmt: skip
    store.products.append(zither)
    load_demo(shop.sessions, store)
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port = listening.getsockname()[1]
        server = uvicorn.Server(uvicorn.Config(build_server(shop), log_level="warning"))
        thread = threading.Thread(target=server.run, args=([listening],))
        thread.start()
        yield Service(f"http://127.0.0.1:{port}", shop)
        shop.gate.set()
        server.should_exit = True
        thread.join(20)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    with sync_playwright() as playwright:
        if found is None and not Path(playwright.chromium.executable_path).exists():
            pytest.fail("these tests need Chromium: `playwright install chromium`")
        chromium = playwright.chromium.launch(executable_path=found, args=list(QUIET))
        yield chromium
        chromium.close()


@dataclass(frozen=True)
class Early:
    """Pages that were opened before the shop was ready, and what they said then."""

    chat: Page
    agent: Page
    chat_said: str
    agent_said: str
    could_write: bool


@pytest.fixture(scope="session")
def early(service: Service, browser: Browser) -> Iterator[Early]:
    """Opens both pages at the closed shop, then lets it open."""
    chat, agent = browser.new_page(locale="en-GB"), browser.new_page(locale="en-GB")
    chat.goto(service.url)
    chat.wait_for_function("document.querySelector('.talk') || document.querySelector('#status p')")
    agent.goto(f"{service.url}/agent")
    sign_in(agent, "Early Bird")
    agent.locator("#status p").wait_for()
    seen = Early(
        chat,
        agent,
        chat.locator("#status").inner_text(),
        agent.locator("#status").inner_text(),
        chat.locator("#message textarea, #message input").first.is_enabled(),
    )
    service.shop.gate.set()
    chat.locator(".bubble.assistant").wait_for(timeout=60_000)
    yield seen
    chat.close()
    agent.close()


@dataclass
class Visitor:
    """A shopper's browser at the page, and all that went wrong in it."""

    page: Page
    problems: list[str]

    def say(self, text: str) -> None:
        """Types a message, presses Enter and waits for the answer."""
        self._answered(lambda: self._type(text))

    def press(self, words: str) -> None:
        """Uses a quick reply and waits for the answer."""
        button = self.page.locator(".quick button", has_text=words).first
        self._answered(button.click)

    def replies(self) -> list[str]:
        return self.page.locator(".bubble.assistant").all_inner_texts()

    def last_cards(self) -> list[str]:
        return self.page.locator(".cards").last.locator(".card").all_inner_texts()

    def last_prices(self) -> list[float]:
        prices = self.page.locator(".cards").last.locator(".price b").all_inner_texts()
        return [float(price.lstrip("$").replace(",", "")) for price in prices]

    def _type(self, text: str) -> None:
        box = self.page.locator("#message textarea, #message input").first
        box.fill(text)
        box.press("Enter")

    def _answered(self, act) -> None:
        before = self.page.locator(".talk .bubble.assistant").count()
        act()
        self.page.wait_for_function(
            "n => document.querySelectorAll('.talk .bubble.assistant').length > n"
            " && !document.querySelector('.talk .dots')",
            arg=before,
        )


@pytest.fixture
def visit(service: Service, browser: Browser, early: Early) -> Iterator:
    """Opens the shopper's page in a browser of its own: ``visit(locale=..., viewport=...)``.

    Afterwards: nothing was asked of any other host, and the page made no error.
    """
    contexts: list[BrowserContext] = []
    visitors: list[Visitor] = []

    def open_page(locale: str = "en-GB", **options) -> Visitor:
        context = browser.new_context(locale=locale, **options)
        context.set_default_timeout(20_000)
        contexts.append(context)
        page, problems = context.new_page(), []
        page.on("pageerror", lambda error: problems.append(f"error: {error}"))
        page.on(
            "console",
            lambda said: problems.append(f"console: {said.text}") if said.type == "error" else None,
        )
        page.on(
            "request",
            lambda asked: (
                problems.append(f"outside: {asked.url}")
                if not asked.url.startswith((service.url, "data:", "blob:"))
                else None
            ),
        )
        page.goto(service.url)
        page.locator(".bubble.assistant").wait_for()
        visitors.append(Visitor(page, problems))
        return visitors[-1]

    yield open_page
    found = [problem for visitor in visitors for problem in visitor.problems]
    for context in contexts:
        context.close()
    assert not found


def sign_in(page: Page, name: str, key: str = KEY) -> None:
    """Enters the agent's page."""
    page.locator("#key input").fill(key)
    page.locator("#name input, #name textarea").first.fill(name)
    page.locator("#enter").click()
