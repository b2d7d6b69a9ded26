"""Does the index hold what SQL says?"""

from dataclasses import dataclass

from retrieval.errors import IndexNotReadyError
from retrieval.index.columns import Columns
from retrieval.index.generation import Content, Place
from retrieval.index.generation_store import GenerationStore
from retrieval.store.base import Sessions
from retrieval.store.catalog_store import CatalogStore


@dataclass(frozen=True, slots=True)
class IndexDifferences:
    """Product ids by what is wrong with them, each list sorted."""

    missing: list[str]
    """In the catalogue, not in the index (or without a vector there)."""
    stale: list[str]
    """Indexed with texts, or by an encoder, that are no longer the present ones."""
    extra: list[str]
    """In the index, no longer in the catalogue."""

    def __bool__(self) -> bool:
        return bool(self.missing or self.stale or self.extra)


def check_index(place: Place, sessions: Sessions, fingerprint: str) -> IndexDifferences:
    """Compares SQL with the active generation: its columns, its texts and its vectors."""
    present = {
        change.id: change.text_hash
        for change in CatalogStore(sessions).changed_since(-1)
        if not change.removed
    }
    active = GenerationStore(sessions).active()
    if active is None:
        return IndexDifferences(sorted(present), [], [])
    folder = place.of(active.id)
    try:
        content = Content.load(folder)
        rows = set(Columns.load(folder / "columns").ids)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise IndexNotReadyError(f"The index generation {active.id} cannot be read.") from error
    with place.vectors(active.id) as vectors:
        embedded = {identifier for ids, _ in vectors.scan() for identifier in ids}
    whole = rows & embedded & set(content.text_hashes)
    changed = {i for i in whole & set(present) if content.text_hashes[i] != present[i]}
    stale = whole & set(present) if content.encoder != fingerprint else changed
    return IndexDifferences(
        missing=sorted(set(present) - whole),
        stale=sorted(stale),
        extra=sorted((rows | embedded) - set(present)),
    )
