import json
import shutil
import threading
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from filelock import FileLock

from retrieval.constraints import Constraints
from retrieval.errors import IndexLockedError, IndexNotReadyError
from retrieval.index.check import check_index
from retrieval.index.generation import open_snapshot
from retrieval.index.generation_store import GenerationStore
from retrieval.index.live import LiveIndex

OpenShop = Callable[..., Any]


def found(live: LiveIndex, **wanted: Any) -> set[str]:
    columns = live.snapshot.columns
    mask = columns.mask(Constraints(**wanted))
    return {columns.ids[row] for row in mask.products.nonzero()[0]}


def reused(shop: Any) -> tuple[int, int]:
    """Builds; how many vectors were computed, and how many used again."""
    info = shop.builder().build().info
    return info["embedded"], info["reused"]


def test_there_is_nothing_to_search_before_the_first_build(open_shop: OpenShop) -> None:
    shop = open_shop("fashion")
    with pytest.raises(IndexNotReadyError):
        _ = LiveIndex(shop.builder(), shop.sessions).snapshot


def test_a_price_change_is_seen_without_a_build(open_shop: OpenShop) -> None:
    shop = open_shop("fashion")
    live = shop.live()
    before = live.snapshot
    assert "raincoat" not in found(live, price_max=30)
    row = before.columns.row("raincoat")
    product = shop.catalog.get("raincoat")
    product.variants[0].price = 25
    shop.catalog.upsert_many([product])
    live.refresh()
    assert "raincoat" in found(live, price_max=30)
    assert live.snapshot.generation == before.generation
    assert before.columns.price[before.columns.first[row]] == 75  # a reader keeps what it has


def test_a_removed_product_is_gone_at_once_and_a_new_one_comes(open_shop: OpenShop) -> None:
    shop = open_shop("fashion")
    live = shop.live()
    first = live.snapshot.generation
    shop.catalog.remove_missing({"tee", "boots", "dress-red", "dress-black"})
    live.refresh()
    assert "raincoat" not in found(live)
    new = shop.catalog.get("tee").model_copy(update={"id": "tee-2", "title": "Striped top"})
    new.variants[0].sku = "other"
    shop.catalog.upsert_many([new])
    assert live.wait_until_current(20)
    assert "tee-2" in found(live)
    assert live.snapshot.generation == first
    live.stop()


def test_a_build_uses_vectors_again_that_have_not_changed(open_shop: OpenShop) -> None:
    shop = open_shop("furniture")
    assert reused(shop) == (5, 0)
    product = shop.catalog.get("lamp").model_copy(update={"title": "Brass floor lamp"})
    shop.catalog.upsert_many([product])
    assert reused(shop) == (1, 4)
    assert not check_index(shop.place, shop.sessions, shop.encoder.fingerprint)


def test_a_killed_build_leaves_the_old_index_serving_and_is_cleaned_up(
    open_shop: OpenShop,
) -> None:
    shop = open_shop("furniture")
    active = shop.builder().build()
    GenerationStore(shop.sessions).begin("index-killed", 99, "someone")
    (shop.place.of("index-killed") / "columns").mkdir(parents=True)
    assert "sofa" in found(shop.live())
    assert GenerationStore(shop.sessions).active_id() == active.id
    after = shop.builder().build()
    assert shop.place.present() == [after.id]
    assert GenerationStore(shop.sessions).inactive() == []


def test_only_one_writes_at_a_time(open_shop: OpenShop) -> None:
    shop = open_shop("furniture")
    shop.place.folder.mkdir(parents=True)
    with FileLock(shop.place.folder / "writer.lock"), pytest.raises(IndexLockedError):
        shop.builder(patience_s=0.1).build()


def test_a_reader_follows_a_build_made_elsewhere(open_shop: OpenShop) -> None:
    shop = open_shop("furniture")
    live = shop.live()
    held = live.snapshot
    other = shop.builder().build()
    live.refresh()
    assert live.snapshot.generation == other.id
    query = shop.encoder.encode(["sofa"])[0]
    assert (
        held.vectors.scan(query, np.arange(len(held.columns.ids))).max() > 0.4
    )  # the old snapshot still answers


def test_polling_keeps_up_while_readers_read(open_shop: OpenShop) -> None:
    shop = open_shop("furniture")
    live = shop.live()
    live.start(0.02)
    failures: list[BaseException] = []
    done = threading.Event()

    def read() -> None:
        while not done.is_set():
            try:
                assert found(live)
            except BaseException as error:
                failures.append(error)
                return

    reader = threading.Thread(target=read)
    reader.start()
    product = shop.catalog.get("lamp").model_copy(update={"title": "Paper lantern"})
    shop.catalog.upsert_many([product])
    deadline = time.monotonic() + 15
    while "lantern" not in live.snapshot.lexical and time.monotonic() < deadline:
        time.sleep(0.02)
    done.set()
    reader.join()
    live.stop()
    assert failures == []
    assert "lantern" in live.snapshot.lexical


def test_vectors_of_another_encoder_are_stale_and_built_anew(open_shop: OpenShop) -> None:
    shop = open_shop("phones_zh")
    active = shop.builder().build()
    path = shop.place.of(active.id) / "content.json"
    content = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**content, "encoder": "older"}), encoding="utf-8")
    assert len(check_index(shop.place, shop.sessions, shop.encoder.fingerprint).stale) == 4
    live = shop.live()
    assert live.wait_until_current(20)
    assert live.snapshot.content.encoder == shop.encoder.fingerprint
    live.stop()


def test_damaged_files_are_derived_anew_from_sql_and_chroma(open_shop: OpenShop) -> None:
    shop = open_shop("furniture")
    active = shop.builder().build()
    shutil.rmtree(shop.place.of(active.id) / "lexical")
    with pytest.raises(IndexNotReadyError, match="index rebuild"):
        open_snapshot(shop.place, active, ask_chroma=False)
    live = shop.live()
    assert "sofa" in found(live)
    assert live.snapshot.generation == active.id
    assert shop.place.present() == [active.id]


def test_the_same_on_a_chroma_server_and_by_asking_chroma(
    open_shop: OpenShop, chroma_url: str
) -> None:
    shop = open_shop("furniture", chroma_url=chroma_url)
    live = shop.live(ask_chroma=True)
    search = shop.search(live)
    result = search.search(Constraints(query="comfortable couch", price_max=1000), 3)
    assert result.candidates[0].id == "sofa"
    shop.builder().build()
    assert not check_index(shop.place, shop.sessions, shop.encoder.fingerprint)
