"""Personal data: everything held about a customer, to hand out or to erase. Needs role admin."""

from typing import Annotated

from fastapi import APIRouter, Path

from assistant.api.access import Admin, LoadedShop
from assistant.api.problems import documented
from assistant.api.schemas import CustomerErased, CustomerExport
from assistant.api.text import Key

router = APIRouter(prefix="/v1/customers", tags=["customers"])

CustomerId = Annotated[Key, Path()]


@router.get("/{customer_id:path}/export", responses=documented(401, 403, 404))
def export_customer(customer_id: CustomerId, caller: Admin, shop: LoadedShop) -> CustomerExport:
    """Everything: profile, behaviour, orders, reviews, conversations and cart."""
    return CustomerExport.model_validate(shop.personal_data.export(customer_id))


@router.delete("/{customer_id:path}", responses=documented(401, 403, 404))
def erase_customer(customer_id: CustomerId, caller: Admin, shop: LoadedShop) -> CustomerErased:
    """Erase everything held about a customer. Reviews stay, without their author."""
    erased = shop.personal_data.erase(customer_id)
    shop.rooms.finder.profiles.forget(customer_id)
    return CustomerErased(customer_id=customer_id, erased=erased)
