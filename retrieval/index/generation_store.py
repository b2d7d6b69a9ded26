"""The generations as SQL knows them: which is active, which is being built."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import delete, select, update

from retrieval.store.base import Sessions
from retrieval.store.tables import IndexGenerationRow


@dataclass(frozen=True, slots=True)
class Generation:
    """A generation that is active."""

    id: str
    revision: int
    encoder: str
    products: int
    facets: str | None
    info: Mapping[str, Any]
    activated_at: datetime | None


class GenerationStore:
    """Rows of ``index_generations``."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    def active(self) -> Generation | None:
        with self._sessions() as session:
            row = session.scalar(
                select(IndexGenerationRow).where(IndexGenerationRow.state == "active")
            )
        if row is None:
            return None
        return Generation(
            row.id, row.revision, row.encoder, row.products, row.facets, row.info, row.activated_at
        )

    def active_id(self) -> str | None:
        with self._sessions() as session:
            return session.scalar(
                select(IndexGenerationRow.id).where(IndexGenerationRow.state == "active")
            )

    def begin(self, generation: str, revision: int, encoder: str) -> None:
        with self._sessions.begin() as session:
            session.add(
                IndexGenerationRow(
                    id=generation,
                    state="building",
                    revision=revision,
                    encoder=encoder,
                    products=0,
                    facets=None,
                    info={},
                    created_at=datetime.now(UTC),
                    activated_at=None,
                )
            )

    def activate(
        self, generation: str, products: int, facets: str | None, info: Mapping[str, Any]
    ) -> None:
        """Switches: from here on every reader that looks opens ``generation``."""
        with self._sessions.begin() as session:
            session.execute(
                update(IndexGenerationRow)
                .where(IndexGenerationRow.state == "active")
                .values(state="retired")
            )
            session.execute(
                update(IndexGenerationRow)
                .where(IndexGenerationRow.id == generation)
                .values(
                    state="active",
                    products=products,
                    facets=facets,
                    info=dict(info),
                    activated_at=datetime.now(UTC),
                )
            )

    def inactive(self) -> list[str]:
        """Retired generations and those whose build never ended."""
        with self._sessions() as session:
            return list(
                session.scalars(
                    select(IndexGenerationRow.id).where(IndexGenerationRow.state != "active")
                )
            )

    def forget(self, generation: str) -> None:
        with self._sessions.begin() as session:
            session.execute(delete(IndexGenerationRow).where(IndexGenerationRow.id == generation))
