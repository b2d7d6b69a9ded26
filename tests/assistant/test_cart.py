import pytest

from assistant.cart import MAX_QUANTITY, CartLine, CartStore
from assistant.conversation.tables import CartItemRow
from assistant.dialogue.outcome import Owner
from retrieval.store.base import Base, connect, session_factory

GUEST = Owner(conversation_id="c_1")
ANN = Owner(conversation_id="c_1", customer_id="ann")


@pytest.fixture
def carts(tmp_path):
    engine = connect(f"sqlite:///{tmp_path / 'shop.db'}")
    Base.metadata.create_all(engine, tables=[CartItemRow.__table__])
    yield CartStore(session_factory(engine))
    engine.dispose()


def test_pieces_add_up_to_a_limit(carts):
    carts.add(GUEST, "p1", "p1-M")
    assert carts.add(GUEST, "p1", "p1-M", 2) == CartLine("p1", "p1-M", 3)
    assert carts.add(GUEST, "p1", "p1-M", 1000).quantity == MAX_QUANTITY
    carts.add(GUEST, "p1", "p1-L")
    assert [line.sku for line in carts.lines(GUEST)] == ["p1-M", "p1-L"]


def test_a_customers_cart_follows_into_other_conversations(carts):
    carts.add(ANN, "p1", "p1-M")
    assert carts.lines(Owner(conversation_id="c_2", customer_id="ann"))
    assert carts.lines(GUEST) == []


def test_lines_change_and_go(carts):
    carts.add(ANN, "p1", "a")
    carts.add(ANN, "p2", "b")
    carts.set_quantity(ANN, "a", 4)
    carts.set_quantity(ANN, "unknown", 4)
    assert carts.remove(ANN, "b") and not carts.remove(ANN, "b")
    assert carts.lines(ANN) == [CartLine("p1", "a", 4)]
    carts.set_quantity(ANN, "a", 0)
    assert carts.lines(ANN) == []
    carts.add(ANN, "p1", "a")
    carts.clear(ANN)
    assert carts.lines(ANN) == []
