"""Experiments between two rankers. Needs role admin."""

from typing import Annotated

from fastapi import APIRouter, Path

from assistant.api.access import Admin, LoadedShop
from assistant.api.problems import documented
from assistant.api.schemas import Nothing
from assistant.api.text import Key
from assistant.errors import InvalidRequestError
from assistant.traffic import ExperimentView
from retrieval.errors import WeightsError
from retrieval.experiments.experiment import ExperimentDraft

router = APIRouter(prefix="/v1/experiments", tags=["experiments"])

ExperimentId = Annotated[Key, Path()]


@router.post("", status_code=201, responses=documented(401, 403, 409))
def start_experiment(body: ExperimentDraft, caller: Admin, shop: LoadedShop) -> ExperimentView:
    """Start an experiment; one runs at a time."""
    for place, arm in enumerate(body.arms):
        try:
            shop.rankers.open(arm.ranker)
        except WeightsError as error:
            raise InvalidRequestError(f"arms[{place}].ranker", str(error)) from error
    return shop.traffic.experiment(shop.experiments.start(body))


@router.get("/{experiment_id}", responses=documented(401, 403, 404))
def read_experiment(experiment_id: ExperimentId, caller: Admin, shop: LoadedShop) -> ExperimentView:
    """What an experiment says so far. `GET /v1/insights/experiments` lists all."""
    return shop.traffic.experiment(shop.experiments.get(experiment_id))


@router.post("/{experiment_id}/stop", responses=documented(401, 403, 404))
def stop_experiment(
    experiment_id: ExperimentId, caller: Admin, shop: LoadedShop, body: Nothing | None = None
) -> ExperimentView:
    """Stop an experiment; everybody gets the live ranker again."""
    return shop.traffic.experiment(shop.experiments.stop(experiment_id))
