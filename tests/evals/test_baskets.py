from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from evals.baskets import Basket, read_baskets
from evals.errors import DataError

Row = tuple[str | None, int, int, float, float | None]
START = datetime(2026, 1, 1)


@pytest.fixture
def lines(tmp_path: Path) -> Callable[..., Path]:
    """Writes rows of (name, quantity, minute, price, customer)."""

    def write(*rows: Row) -> Path:
        columns = list(zip(*rows, strict=True))
        pq.write_table(
            pa.table(
                {
                    "Description": pa.array(columns[0], pa.string()),
                    "Quantity": columns[1],
                    "InvoiceDate": [START + timedelta(minutes=n) for n in columns[2]],
                    "UnitPrice": columns[3],
                    "CustomerID": pa.array(columns[4], pa.float64()),
                }
            ),
            tmp_path / "lines.parquet",
        )
        return tmp_path / "lines.parquet"

    return write


def test_a_basket_is_a_customer_and_a_time(lines: Callable[..., Path]) -> None:
    baskets, _ = read_baskets(
        lines(
            ("MUG  BLUE ", 1, 0, 2.0, 7.0),
            ("TRAY", 1, 0, 2.0, 7.0),
            ("MUG BLUE", 3, 0, 2.0, 7.0),
            ("TRAY", 1, 0, 2.0, 8.0),
            ("TRAY", 1, 9, 2.0, 7.0),
        )
    )
    told = [(basket.customer, basket.items) for basket in baskets]
    assert told == [("7", ("MUG BLUE", "TRAY")), ("8", ("TRAY",)), ("7", ("TRAY",))]
    assert baskets[2].at - baskets[0].at == 9 * 60


def test_a_return_takes_its_purchase_out(lines: Callable[..., Path]) -> None:
    baskets, taken = read_baskets(
        lines(
            ("MUG", 2, 0, 2.0, 7.0),
            ("MUG", 1, 1, 2.0, 7.0),
            ("MUG", -2, 2, 2.0, 7.0),
            ("TRAY", -4, 3, 2.0, 7.0),
        )
    )
    assert [(basket.at - START.timestamp(), basket.items) for basket in baskets] == [
        (baskets[0].at - START.timestamp(), ("MUG",))
    ]
    assert (taken.returns, taken.returned) == (2, 1)


def test_what_is_no_purchase_of_a_known_customer_is_counted(lines: Callable[..., Path]) -> None:
    baskets, taken = read_baskets(
        lines(
            ("MUG", 1, 0, 2.0, None),
            ("Postage", 1, 0, 2.0, 7.0),
            (None, 1, 0, 2.0, 7.0),
            ("MUG", 1, 0, 0.0, 7.0),
            ("MUG", 1, 0, 2.0, 7.0),
        )
    )
    assert [basket.items for basket in baskets] == [("MUG",)]
    assert taken._asdict() == {
        "lines": 5,
        "no_customer": 1,
        "no_product": 2,
        "returns": 0,
        "returned": 0,
        "not_paid": 1,
    }


def test_unusable_files_are_refused(lines: Callable[..., Path], tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no line of a known customer"):
        read_baskets(lines(("MUG", 1, 0, 2.0, None)))
    pq.write_table(pa.table({"Description": ["MUG"]}), tmp_path / "some.parquet")
    with pytest.raises(DataError, match="no column 'Quantity'"):
        read_baskets(tmp_path / "some.parquet")


def test_a_basket_as_events_shares_one_time() -> None:
    basket = Basket("7", 5.0, ("a", "b", "c"))
    assert {event.at for event in basket.events()} == {5.0}
    assert [event.item for event in basket.events(["b"])] == ["b"]
