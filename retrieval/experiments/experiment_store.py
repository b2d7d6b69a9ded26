"""Experiments, and what their customers did."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import delete, func, insert, select

from retrieval.errors import ExperimentConflictError, ExperimentNotFoundError
from retrieval.events.event import EventType
from retrieval.experiments.experiment import Experiment, ExperimentDraft
from retrieval.store.base import Sessions
from retrieval.store.tables import EventRow, ExperimentRow, InterleavedRow


@dataclass(frozen=True, slots=True)
class Shown:
    """A product in an interleaved list, by the team (an arm's name) that chose it."""

    customer_id: str
    product_id: str
    team: str
    at: datetime


class ExperimentStore:
    """Experiments by id; at most one runs."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    def start(self, draft: ExperimentDraft) -> Experiment:
        """Raises ``ExperimentConflictError`` while another runs."""
        row = ExperimentRow(
            id=f"ex_{uuid4().hex[:20]}",
            name=draft.name,
            kind=draft.kind,
            arms=[arm.model_dump() for arm in draft.arms],
            state="running",
            started_at=datetime.now(UTC),
            stopped_at=None,
        )
        with self._sessions.begin() as session:
            session.add(row)
            session.flush()  # takes the write lock on SQLite before looking
            running = select(func.count()).where(ExperimentRow.state == "running")
            if (session.scalar(running) or 0) > 1:
                raise ExperimentConflictError("Another experiment runs already; stop it first.")
            return _experiment(row)

    def stop(self, experiment_id: str) -> Experiment:
        """Stopping again changes nothing. Raises ``ExperimentNotFoundError``."""
        with self._sessions.begin() as session:
            row = session.get(ExperimentRow, experiment_id)
            if row is None:
                raise ExperimentNotFoundError("There is no such experiment.")
            if row.state == "running":
                row.state, row.stopped_at = "stopped", datetime.now(UTC)
            return _experiment(row)

    def get(self, experiment_id: str) -> Experiment:
        """Raises ``ExperimentNotFoundError``."""
        with self._sessions() as session:
            row = session.get(ExperimentRow, experiment_id)
        if row is None:
            raise ExperimentNotFoundError("There is no such experiment.")
        return _experiment(row)

    def all(self) -> list[Experiment]:
        """The newest first."""
        query = select(ExperimentRow).order_by(ExperimentRow.started_at.desc(), ExperimentRow.id)
        with self._sessions() as session:
            return [_experiment(row) for row in session.scalars(query)]

    def running(self) -> Experiment | None:
        """The experiment that runs, if any."""
        query = select(ExperimentRow).where(ExperimentRow.state == "running").limit(1)
        with self._sessions() as session:
            row = session.scalars(query).one_or_none()
            return _experiment(row) if row else None

    # What interleaved lists were made of

    def keep_shown(self, experiment_id: str, shown: Sequence[Shown]) -> None:
        rows = [
            {
                "experiment_id": experiment_id,
                "customer_id": one.customer_id,
                "product_id": one.product_id,
                "team": one.team,
                "at": one.at,
            }
            for one in shown
        ]
        if rows:
            with self._sessions.begin() as session:
                session.execute(insert(InterleavedRow), rows)

    def shown(self, experiment_id: str) -> list[Shown]:
        """In the order of time."""
        query = (
            select(
                InterleavedRow.customer_id,
                InterleavedRow.product_id,
                InterleavedRow.team,
                InterleavedRow.at,
            )
            .where(InterleavedRow.experiment_id == experiment_id)
            .order_by(InterleavedRow.at, InterleavedRow.id)
        )
        with self._sessions() as session:
            return [Shown(*row) for row in session.execute(query)]

    def clicks(self, since: datetime, until: datetime) -> list[tuple[str, str, datetime]]:
        """``(customer, product, moment)`` in the order of time."""
        query = (
            select(EventRow.customer_id, EventRow.product_id, EventRow.at)
            .where(
                EventRow.type == EventType.CLICK.value, EventRow.at >= since, EventRow.at < until
            )
            .order_by(EventRow.at, EventRow.id)
        )
        with self._sessions() as session:
            return [(who, what, at) for who, what, at in session.execute(query)]

    def sums(self, since: datetime, until: datetime) -> dict[str, dict[EventType, int]]:
        """By customer: how many events of each type."""
        query = (
            select(EventRow.customer_id, EventRow.type, func.count())
            .where(EventRow.at >= since, EventRow.at < until)
            .group_by(EventRow.customer_id, EventRow.type)
        )
        found: dict[str, dict[EventType, int]] = {}
        with self._sessions() as session:
            for customer, kind, count in session.execute(query):
                found.setdefault(customer, {})[EventType(kind)] = count
        return found

    # Personal data

    def export(self, customer_id: str) -> list[dict[str, Any]]:
        """Which products a customer was shown by which ranker."""
        query = select(InterleavedRow).where(InterleavedRow.customer_id == customer_id)
        with self._sessions() as session:
            return [
                {"product_id": row.product_id, "team": row.team, "at": row.at.isoformat()}
                for row in session.scalars(query.order_by(InterleavedRow.id))
            ]

    def erase(self, customer_id: str) -> None:
        with self._sessions.begin() as session:
            session.execute(delete(InterleavedRow).where(InterleavedRow.customer_id == customer_id))


def _experiment(row: ExperimentRow) -> Experiment:
    return Experiment.model_validate(
        {
            "id": row.id,
            "name": row.name,
            "kind": row.kind,
            "arms": row.arms,
            "state": row.state,
            "started_at": row.started_at,
            "stopped_at": row.stopped_at,
        }
    )
