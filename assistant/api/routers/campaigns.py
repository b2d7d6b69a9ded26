"""Sponsored campaigns. Needs role admin."""

from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import BaseModel, Field

from assistant.api.access import Admin, LoadedShop
from assistant.api.ports import ApiShop
from assistant.api.problems import documented
from assistant.api.text import Key
from assistant.errors import InvalidRequestError
from retrieval.sponsored.campaign import Campaign, CampaignDraft, State
from retrieval.sponsored.campaign_store import CampaignFigures

router = APIRouter(prefix="/v1/campaigns", tags=["campaigns"])

CampaignId = Annotated[Key, Path()]
_NOTHING = CampaignFigures(0, 0, 0.0)


class CampaignView(Campaign):
    """A campaign with what came of it. Money is in the shop's currency."""

    shown: int
    clicked: int
    currency: str


class CampaignList(BaseModel):
    campaigns: list[CampaignView]


class CampaignChange(CampaignDraft):
    """The whole campaign as it shall be from now on."""

    state: State = Field("active", description="`paused` stops it for a while, `ended` for good.")


@router.get("", responses=documented(401, 403))
def list_campaigns(caller: Admin, shop: LoadedShop) -> CampaignList:
    """All campaigns, the newest first."""
    figures = shop.campaigns.figures()
    found = [_view(shop, one, figures.get(one.id, _NOTHING)) for one in shop.campaigns.all()]
    return CampaignList(campaigns=found)


@router.post("", status_code=201, responses=documented(401, 403))
def create_campaign(body: CampaignDraft, caller: Admin, shop: LoadedShop) -> CampaignView:
    """Begin a campaign. Every product must be there."""
    _must_exist(shop, body)
    return _view(shop, shop.campaigns.create(body), _NOTHING)


@router.get("/{campaign_id}", responses=documented(401, 403, 404))
def read_campaign(campaign_id: CampaignId, caller: Admin, shop: LoadedShop) -> CampaignView:
    """One campaign."""
    return _view(shop, shop.campaigns.get(campaign_id))


@router.put("/{campaign_id}", responses=documented(401, 403, 404))
def change_campaign(
    campaign_id: CampaignId, body: CampaignChange, caller: Admin, shop: LoadedShop
) -> CampaignView:
    """Replace what was written; what was spent stays."""
    _must_exist(shop, body)
    draft = CampaignDraft.model_validate(body.model_dump(exclude={"state"}))
    try:
        return _view(shop, shop.campaigns.change(campaign_id, draft, body.state))
    except ValueError as error:
        raise InvalidRequestError("budget", str(error)) from error


@router.delete("/{campaign_id}", responses=documented(401, 403, 404))
def end_campaign(campaign_id: CampaignId, caller: Admin, shop: LoadedShop) -> CampaignView:
    """End a campaign for good. It stays in the books."""
    return _view(shop, shop.campaigns.end(campaign_id))


def _view(
    shop: ApiShop, campaign: Campaign, figures: CampaignFigures | None = None
) -> CampaignView:
    found = figures or shop.campaigns.figures().get(campaign.id, _NOTHING)
    return CampaignView(
        **campaign.model_dump(),
        shown=found.shown,
        clicked=found.clicked,
        currency=shop.rooms.facets().currency,
    )


def _must_exist(shop: ApiShop, draft: CampaignDraft) -> None:
    found = shop.catalog.get_many(draft.product_ids)
    for place, key in enumerate(draft.product_ids):
        if key not in found:
            raise InvalidRequestError(f"product_ids[{place}]", f"There is no product {key!r}.")
