"""Bad input: the good rows are kept, the others named by row, field and reason."""

import gc
import gzip
import io
import json
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import parquet

from retrieval.catalog import importer
from retrieval.catalog.importer import ImportOptions, import_catalog
from retrieval.catalog.report import ERRORS_KEPT, ImportReport, RowError
from retrieval.errors import FeedError
from retrieval.store import CatalogStore

Importing = Callable[..., ImportReport]

HEADER = "id,title,price,currency,url,image_url,rating,stock\n"
GOOD = "good,Oak chair,10,USD,https://shop/1,,4.5,3\n"


def rejected(report: ImportReport) -> list[tuple[int, str, str]]:
    return [(error.row, error.field, error.reason) for error in report.errors]


@pytest.mark.parametrize(
    ("row", "field", "reason"),
    [
        ("x,Thing,,USD,,,,", "price", "is missing"),
        ("x,Thing,-5,USD,,,,", "price", "is negative"),
        ("x,Thing,NaN,USD,,,,", "price", "is missing"),
        ("x,Thing,inf,USD,,,,", "price", "is not a price"),
        ("x,Thing,1e9,USD,,,,", "price", "holds more than one amount"),
        ("x,Thing,99999999999,USD,,,,", "price", "is over 10,000,000"),
        ("x,,5,USD,,,,", "title", "is missing or empty"),
        ("x,\x07\x08 ,5,USD,,,,", "title", "is missing or empty"),
        (",Thing,5,USD,,,,", "id", "is missing or empty"),
        (f"{'x' * 201},Thing,5,USD,,,,", "id", "is over 200 characters long"),
        ("x,Thing,5,DOUBLOON,,,,", "currency", "is not a known currency"),
        ("good,Another,5,USD,,,,", "id", "is a duplicate of row 1"),
        ("x,Thing,5,USD,,,,1,more,cells", "row", "has 10 cells, the header 8"),
    ],
)
def test_a_bad_row_is_named_and_the_good_one_kept(
    importing: Importing, catalog: CatalogStore, row: str, field: str, reason: str
) -> None:
    report = importing(f"{HEADER}{GOOD}{row}\n")
    assert rejected(report) == [(2, field, reason)]
    assert (report.read, report.created, report.exit_code) == (2, 1, 3)
    assert [product.id for product in catalog.scan()] == ["good"]


@pytest.mark.parametrize(
    ("row", "warning"),
    [
        ("x,Thing,5,USD,javascript:alert(1),,,", "url: left out"),
        ("x,Thing,5,USD,,data:text/html;x,,", "image_url: left out"),
        ("x,Thing,5,USD,,,11,", "rating: left out"),
        ("x,Thing,5,USD,,,good,", "rating: left out"),
        ("x,Thing,5,USD,,,,some", "stock: left out"),
        ("x,Thing,0,USD,,,,", "price: is zero"),
        (f"x,{'T' * 600},5,USD,,,,", "title: cut"),
    ],
)
def test_what_is_not_needed_is_left_out_with_a_warning(
    importing: Importing, catalog: CatalogStore, row: str, warning: str
) -> None:
    report = importing(f"{HEADER}{row}\n")
    assert report.created == 1
    assert [name for name in report.warnings if name.startswith(warning)]
    product = catalog.get("x")
    assert (product.url, product.image_url, product.rating) == (None, None, None)


def test_an_identical_row_is_no_error(importing: Importing) -> None:
    report = importing(HEADER + GOOD + GOOD)
    assert (report.created, report.rejected, report.exit_code) == (1, 0, 0)
    assert sum(report.warnings.values()) == 1


def test_a_duplicate_far_away_is_found(importing: Importing) -> None:
    others = "".join(f"{n},Thing {n},5,USD,,,,\n" for n in range(1100))
    report = importing(f"{HEADER}{GOOD}{others}good,Another,6,USD,,,,\n")
    assert rejected(report) == [(1102, "id", "is a duplicate of row 1")]


def test_html_and_script_in_titles_stay_text(importing: Importing, catalog: CatalogStore) -> None:
    row = {
        "id": "x",
        "title": "<b>Chair</b> <script>alert('x')</script> \u202e5 < 6",
        "description": "<p>Soft</p><script>alert('x')</script>",
        "price": "5",
    }
    importing(json.dumps(row))
    product = catalog.get("x")
    assert product.title.startswith("<b>Chair</b> <script>")
    assert product.description == "Soft"


def test_rows_in_a_wrong_encoding_are_rejected(importing: Importing, catalog: CatalogStore) -> None:
    rows = [f"{n},红色连衣裙,{n + 1}\n".encode() for n in range(20)]
    rows[7] = "7,Crème,8\n".encode("cp1252")
    report = importing(b"id,title,price\n" + b"".join(rows))
    assert rejected(report) == [(8, "row", "cannot be decoded as utf-8")]
    assert report.created == 19


def long_line(path: Path, start: bytes, megabytes: int, end: bytes) -> None:
    with path.open("ab") as file:
        file.write(start)
        for _ in range(megabytes):
            file.write(b"x" * 1_000_000)
        file.write(end)


@pytest.mark.parametrize("kind", ["csv", "jsonl"])
def test_a_line_of_50_mb_is_one_rejected_row(
    catalog: CatalogStore, tmp_path: Path, kind: str
) -> None:
    path = tmp_path / f"feed.{kind}"
    if kind == "csv":
        path.write_text("id,title,price\n1,First,5\n")
        long_line(path, b"2,", 50, b",5\n")
        last = b"3,Last,5\n"
    else:
        path.write_text('{"id": 1, "title": "First", "price": 5}\n')
        long_line(path, b'{"id": 2, "title": "', 50, b'", "price": 5}\n')
        last = b'{"id": 3, "title": "Last", "price": 5}\n'
    with path.open("ab") as file:
        file.write(last)
    tracemalloc.start()
    report = import_catalog(path, catalog)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert rejected(report) == [(2, "row", "is too long a line")]
    assert report.created == 2
    assert peak < 40_000_000


def test_a_broken_line_of_jsonl_is_one_rejected_row(importing: Importing) -> None:
    lines = ['{"id": 1, "title": "A", "price": 1}', '{"id": 2, "ti', "[1, 2]"]
    report = importing("\n".join([*lines, '{"id": 3, "title": "B", "price": "2"}']))
    assert report.created == 2
    assert [(row, field) for row, field, _ in rejected(report)] == [(2, "row"), (3, "row")]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"  \n\n",
        b"\xef\xbb\xbf",
        b"id,title,price\n",
        b"[]",
        b'{"products": []}',
        b"<rss><channel></channel></rss>",
        b"foo,bar\n1,2\n",
        b"just some words",
        b"PAR1 and no Parquet",
        b"\x1f\x8bnot gzip",
        b'{"settings": {"a": 1}}',
        b"[1, 2",
        b"id,title,price\n1,Thing,-1\n2,,3\n",
        b"\x00\x01\x02\x03",
        b'<!DOCTYPE x [<!ENTITY a "b">]><rss><channel><item><id>&a;</id></item></channel></rss>',
    ],
)
def test_nothing_usable_changes_nothing(
    importing: Importing, catalog: CatalogStore, content: bytes
) -> None:
    importing(HEADER + GOOD, "first")
    revision = catalog.revision()
    with pytest.raises(FeedError):
        importing(content, "second", replace=True)
    assert catalog.revision() == revision
    assert catalog.count() == 1


def test_a_missing_file_is_an_error(catalog: CatalogStore, tmp_path: Path) -> None:
    with pytest.raises(FeedError, match="cannot be read"):
        import_catalog(tmp_path / "none.csv", catalog)


def table(rows: int) -> bytes:
    columns = {
        "id": [f"p{n}" for n in range(rows)],
        "title": [f"Thing {n}" for n in range(rows)],
        "price": [float(n) for n in range(1, rows + 1)],
    }
    buffer = io.BytesIO()
    parquet.write_table(pa.table(columns), buffer, row_group_size=500)
    return buffer.getvalue()


def test_parquet_that_is_cut_off_changes_nothing(
    importing: Importing, catalog: CatalogStore
) -> None:
    content = table(3000)
    with pytest.raises(FeedError):
        importing(content[: len(content) // 2])
    assert catalog.is_empty()


def test_parquet_damaged_in_the_middle_keeps_what_came_before(
    importing: Importing, catalog: CatalogStore
) -> None:
    importing(HEADER + GOOD, "first")
    content = bytearray(table(2500))
    middle = len(content) // 2
    content[middle : middle + 2000] = b"\xff" * 2000
    report = importing(bytes(content), "second", replace=True)
    assert report.created >= 500
    assert not report.complete
    assert (report.exit_code, report.removed) == (3, 0)
    assert "good" in catalog.get_many(["good"])


@pytest.mark.parametrize("kind", ["json", "gzip", "xml"])
def test_a_feed_that_breaks_off_removes_nothing(
    importing: Importing, catalog: CatalogStore, kind: str
) -> None:
    importing(HEADER + GOOD, "first")
    rows = [{"id": n, "title": f"Thing {n} {n * n}", "price": n} for n in range(1, 3000)]
    if kind == "json":
        content = json.dumps(rows).encode()[:-5000]
    elif kind == "gzip":
        content = gzip.compress("\n".join(map(json.dumps, rows)).encode())[:-5000]
    else:
        item = "<item><id>{id}</id><title>{title}</title><price>{price}</price></item>"
        items = "".join(item.format(**row) for row in rows)
        content = f"<rss><channel>{items}".encode()
    report = importing(content, "second", replace=True)
    assert report.created > 500
    assert (report.complete, report.removed, report.exit_code) == (False, 0, 3)
    assert report.errors[-1].field == "row"
    assert catalog.get("good").title == "Oak chair"


def test_one_bad_variant_leaves_its_siblings(importing: Importing, catalog: CatalogStore) -> None:
    feed = "parent_id,sku,title,price,size\n1,a,Shoe,10,38\n1,b,Shoe,-1,39\n1,c,Shoe,12,40\n"
    report = importing(feed)
    assert rejected(report) == [(2, "price", "is negative")]
    assert [variant.sku for variant in catalog.get("1").variants] == ["a", "c"]


def test_errors_are_bounded_here_and_all_handed_on(catalog: CatalogStore, tmp_path: Path) -> None:
    path = tmp_path / "feed.csv"
    bad = "".join(f"{n},,5,,,,,\n" for n in range(ERRORS_KEPT + 500))
    path.write_text(HEADER + GOOD + bad)
    handed: list[RowError] = []
    report = import_catalog(path, catalog, ImportOptions(), handed.append)
    assert (len(report.errors), report.rejected) == (ERRORS_KEPT, ERRORS_KEPT + 500)
    assert len(handed) == ERRORS_KEPT + 500


def test_an_import_that_is_killed_leaves_whole_batches(
    catalog: CatalogStore, tmp_path: Path
) -> None:
    path = tmp_path / "feed.csv"
    path.write_text("id,title,price\n" + "".join(f"{n},T,5\n" for n in range(2500)))

    def kill(rows: int) -> None:
        if rows > 1700:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        import_catalog(path, catalog, on_progress=kill)
    present = sum(1 for _ in catalog.scan())
    assert present % 500 == 0
    assert present == catalog.count() > 0
    assert import_catalog(path, catalog).unchanged == present


def rows_of_csv(count: int) -> Iterator[str]:
    yield "id,title,price\n"
    for number in range(count):
        yield f"{number},Thing number {number},{number % 90 + 1}\n"


def bytes_a_row(
    catalog: CatalogStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, at_once: int
) -> float:
    """How much more memory, at its highest, each further row of a feed takes."""
    monkeypatch.setattr(importer, "OPEN_GROUPS", 50)
    monkeypatch.setattr(importer, "BATCH", at_once)
    peaks = []
    for count in (200, 500, 2000):  # the first fills what is kept anyway
        path = tmp_path / f"{count}.csv"
        path.write_text("".join(rows_of_csv(count)))
        gc.collect()
        tracemalloc.start()
        import_catalog(path, catalog, ImportOptions(dry_run=True))
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    return (peaks[2] - peaks[1]) / 1500


def test_memory_does_not_grow_with_the_feed(
    catalog: CatalogStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Bounded caches (the words last tokenised) are still filling, at up to 200 bytes a row.
    streamed = bytes_a_row(catalog, tmp_path, monkeypatch, at_once=50)
    held = bytes_a_row(catalog, tmp_path, monkeypatch, at_once=10_000)
    assert streamed < 600 < 2000 < held, (streamed, held)
