"""Loads the shop behind the open door: connections are answered while models still load."""

import logging
from threading import Thread

from assistant.api.ports import ApiShop
from assistant.errors import NotReadyError

log = logging.getLogger(__name__)


class Loading:
    """One thread that runs ``shop.load()`` once, and what came of it."""

    def __init__(self, shop: ApiShop) -> None:
        self.shop = shop
        self._problem: str | None = "The shop is loading."
        self._thread = Thread(target=self._load, name="load-shop", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def wait(self, timeout_s: float | None = None) -> None:
        """Until loading has ended, well or badly."""
        self._thread.join(timeout_s)

    def loaded_shop(self) -> ApiShop:
        """The shop. Raises ``NotReadyError`` until it is loaded."""
        if self._problem is not None:
            raise NotReadyError(self._problem)
        return self.shop

    def problems(self) -> dict[str, str | None]:
        """Component → what is wrong with it, ``None`` where nothing is."""
        told = self.shop.ready()
        if self._problem is not None and not any(told.values()):
            return {**told, "shop": self._problem}
        return told

    def _load(self) -> None:
        try:
            self.shop.load()
        except Exception as error:
            log.exception("The shop could not be loaded.")
            # Only the kind of error: its words may hold a password of a database URL.
            self._problem = f"Loading failed ({type(error).__name__}); see the log."
        else:
            self._problem = None
