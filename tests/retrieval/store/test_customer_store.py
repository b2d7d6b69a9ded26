import pytest

from retrieval.store import Customer, CustomerStore, Sessions, UpsertCounts


@pytest.fixture
def customers(sessions: Sessions) -> CustomerStore:
    return CustomerStore(sessions)


def test_customers_come_back_as_they_went_in(customers: CustomerStore) -> None:
    ana = Customer(id="c1", name="Ana 安娜", locale="zh", attributes={"z": 1, "a": ["x"]})
    assert customers.get("c1") is None
    assert customers.upsert_many([ana]) == UpsertCounts(created=1)
    assert customers.upsert_many([ana]) == UpsertCounts(unchanged=1)
    assert customers.get("c1") == ana
    changed = ana.model_copy(update={"attributes": {}})
    assert customers.upsert_many([changed]) == UpsertCounts(updated=1)


def test_personalising_is_switched_for_known_and_unknown_customers(
    customers: CustomerStore,
) -> None:
    customers.upsert_many([Customer(id="c1", name="Ana")])
    for key in ("c1", "stranger"):
        customers.set_personalise(key, False)
    assert customers.get("c1") == Customer(id="c1", name="Ana", personalise=False)
    assert customers.get("stranger") == Customer(id="stranger", personalise=False)
    customers.set_personalise("c1", True)
    assert customers.get("c1") == Customer(id="c1", name="Ana")


def test_a_picker_pages_through_customers(customers: CustomerStore) -> None:
    customers.upsert_many(Customer(id=f"c{number}") for number in range(5))
    first = customers.page(limit=3)
    second = customers.page(limit=3, after=first[-1].id)
    assert [c.id for c in first + second] == ["c0", "c1", "c2", "c3", "c4"]


def test_a_customer_is_erased_once(customers: CustomerStore) -> None:
    customers.upsert_many([Customer(id="c1"), Customer(id="c2")])
    assert customers.erase("c1")
    assert not customers.erase("c1")
    assert [c.id for c in customers.page()] == ["c2"]
