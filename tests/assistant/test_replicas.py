"""Two processes with homes of their own serve one shop over PostgreSQL and a Chroma server."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from tests.databases import postgres_database

SERVE = """
import sys, uvicorn
from assistant.api.app import create_app
from assistant.settings import Settings
from assistant.shop import Shop

app = create_app(Shop(Settings(_env_file=None)))
uvicorn.run(app, port=int(sys.argv[1]), log_level="error")
"""

FEED = [
    "id,title,price,category",
    "t1,Oak kitchen table,120,Tables",
    "t2,Blue velvet sofa,450,Sofas",
]

pytestmark = [pytest.mark.postgres, pytest.mark.timeout(360)]


@pytest.fixture
def database() -> Iterator[str]:
    """A database of its own on the server at SHOPKEEPER_TEST_POSTGRES_URL."""
    with postgres_database() as url:
        yield url


class Replica:
    """A process that serves the shop from a home folder of its own."""

    def __init__(self, home: Path, models: Path, database: str, chroma_url: str) -> None:
        home.mkdir()
        (home / "models").symlink_to(models)
        self.home = home
        self.settings = {
            **os.environ,
            "SHOPKEEPER_HOME": str(home),
            "DATABASE_URL": database,
            "CHROMA_URL": chroma_url,
            "OMP_NUM_THREADS": "1",
        }

    def import_feed(self, *rows: str) -> None:
        feed = self.home / "feed.csv"
        feed.write_text("\n".join(rows), encoding="utf-8")
        command = [sys.executable, "-m", "ui.cli", "import", str(feed)]
        done = subprocess.run(  # noqa: PLW1510 (told below, with what it said)
            command, env=self.settings, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr

    def serve(self) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.process = subprocess.Popen([sys.executable, "-c", SERVE, str(port)], env=self.settings)
        self.http = httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60)

    def is_ready(self) -> bool:
        assert self.process.poll() is None
        try:
            return self.http.get("/readyz").status_code == 200
        except httpx.TransportError:
            return False

    def found(self, query: str) -> list[str]:
        return [
            product["id"]
            for product in self.http.get("/v1/search", params={"q": query}).json()["products"]
        ]

    def stop(self) -> None:
        if hasattr(self, "process"):
            self.http.close()
            self.process.terminate()
            self.process.wait(30)


@pytest.fixture
def replicas(
    tmp_path: Path, model_cache: Path, database: str, chroma_url: str
) -> Iterator[list[Replica]]:
    both = [Replica(tmp_path / name, model_cache, database, chroma_url) for name in ("a", "b")]
    try:
        both[0].import_feed(*FEED)
        for replica in both:
            replica.serve()
        for replica in both:
            until(replica.is_ready, 180)
        yield both
    finally:
        for replica in both:
            replica.stop()


def until(is_so: Callable[[], bool], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline, f"not so after {seconds} s"
        time.sleep(0.2)


def test_both_find_the_same_and_go_on_with_each_others_conversations(
    replicas: list[Replica],
) -> None:
    one, other = replicas
    for replica in replicas:  # the second made its own files of what the first had indexed
        assert replica.found("table") == ["t1"]
        assert [path.name for path in (replica.home / "index").glob("index-*/columns")] == [
            "columns"
        ]

    one.import_feed(*FEED, "t3,Zyxomat garden lantern,30,Lamps")
    for replica in replicas:
        until(lambda: replica.found("zyxomat") == ["t3"], 15)  # noqa: B023

    begun = one.http.post("/v1/conversations", json={}).json()
    headers = {"Authorization": f"Bearer {begun['token']}"}
    path = f"/v1/conversations/{begun['conversation_id']}"
    first = one.http.post(f"{path}/messages", json={"text": "a sofa"}, headers=headers).json()
    second = other.http.post(
        f"{path}/messages", json={"text": "under 100 dollars"}, headers=headers
    ).json()
    assert [product["id"] for product in first["products"]] == ["t2"]
    assert second["constraints"]["price_max"] == 100
    assert second["products"] == []  # still a sofa, and there is none for that
    told = [replica.http.get(path, headers=headers).json() for replica in replicas]
    assert told[0] == told[1]
    assert "under 100 dollars" in str(told[0])
