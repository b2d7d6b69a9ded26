"""Personal data: everything held about a customer, to hand out or to erase. Needs role admin."""

from typing import Annotated

from fastapi import APIRouter, Path

from assistant.api.access import Admin, LoadedShop
from assistant.api.ports import ApiShop
from assistant.api.problems import documented
from assistant.api.schemas import (
    CustomerErased,
    CustomerExport,
    PersonalisationSwitch,
    PersonalisationView,
)
from assistant.api.text import Key
from assistant.reply.phrases import phrases
from assistant.turn import TurnLanguage

router = APIRouter(prefix="/v1/customers", tags=["customers"])


def personalisation(shop: ApiShop, customer_id: str, language: TurnLanguage) -> PersonalisationView:
    """Whether behaviour is used to rank, and why, in words."""
    _, why = shop.rooms.finder.profile(customer_id)
    return PersonalisationView(
        customer_id=customer_id,
        on=why in ("history", "no_history"),
        why=phrases(language).say(f"personal_{why}"),
    )


CustomerId = Annotated[Key, Path()]


@router.get("/{customer_id:path}/export", responses=documented(401, 403, 404))
def export_customer(customer_id: CustomerId, caller: Admin, shop: LoadedShop) -> CustomerExport:
    """Everything: profile, behaviour, orders, reviews, conversations and cart."""
    return CustomerExport.model_validate(shop.personal_data.export(customer_id))


@router.get("/{customer_id:path}/personalisation", responses=documented(401, 403))
def read_personalisation(
    customer_id: CustomerId, caller: Admin, shop: LoadedShop, locale: TurnLanguage = "en"
) -> PersonalisationView:
    """Whether a customer's behaviour is used to rank, and why."""
    return personalisation(shop, customer_id, locale)


@router.put("/{customer_id:path}/personalisation", responses=documented(401, 403))
def set_personalisation(
    customer_id: CustomerId,
    body: PersonalisationSwitch,
    caller: Admin,
    shop: LoadedShop,
    locale: TurnLanguage = "en",
) -> PersonalisationView:
    """Switch it on or off; it holds from the next turn. The shop's own switch comes before it."""
    shop.customers.set_personalise(customer_id, body.on)
    return personalisation(shop, customer_id, locale)


@router.delete("/{customer_id:path}", responses=documented(401, 403, 404))
def erase_customer(customer_id: CustomerId, caller: Admin, shop: LoadedShop) -> CustomerErased:
    """Erase everything held about a customer. Reviews stay, without their author."""
    erased = shop.personal_data.erase(customer_id)
    shop.rooms.finder.profiles.forget(customer_id)
    return CustomerErased(customer_id=customer_id, erased=erased)
