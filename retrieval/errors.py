"""Errors of the ``retrieval`` package. Every error has a stable code to rely on."""


class RetrievalError(Exception):
    """Base of all errors raised on purpose by ``retrieval``."""

    code = "retrieval_error"


class WeightsError(RetrievalError):
    """Raised when model weights are missing, damaged or not the ones expected."""

    code = "weights_invalid"


class FeedError(RetrievalError):
    """Raised when a whole feed is unusable: unreadable, of an unknown format, a column lacking."""

    code = "feed_unusable"


class MappingError(RetrievalError):
    """Raised when a mapping file is malformed or names an unknown target field."""

    code = "mapping_invalid"


class StoreError(RetrievalError):
    """Raised when the SQL store cannot be reached or has an unexpected schema."""

    code = "store_unavailable"


class IndexNotReadyError(RetrievalError):
    """Raised when a search is made before any index generation has been built."""

    code = "index_not_ready"


class IndexLockedError(RetrievalError):
    """Raised when another process is writing the index and waiting for it timed out."""

    code = "index_locked"


class VectorStoreError(RetrievalError):
    """Raised when the Chroma server cannot be reached or its address is malformed."""

    code = "vector_store_unavailable"


class ProductNotFoundError(RetrievalError):
    """Raised when a product id is not in the catalogue."""

    code = "product_not_found"


class DemoDataError(RetrievalError):
    """Raised when a data file of the demo store is malformed or lacks a translation."""

    code = "demo_data_invalid"


class RowRejectedError(RetrievalError):
    """Raised when one row of a feed cannot be used; names the field, the reason and the value."""

    code = "row_rejected"

    def __init__(self, field: str, reason: str, value: object = None) -> None:
        super().__init__(f"{field}: {reason}")
        self.field = field
        self.reason = reason
        self.value = value


class CampaignNotFoundError(RetrievalError):
    """Raised when there is no such sponsored campaign."""

    code = "campaign_not_found"


class ExperimentNotFoundError(RetrievalError):
    """Raised when there is no such experiment."""

    code = "experiment_not_found"


class ExperimentConflictError(RetrievalError):
    """Raised when another experiment runs already."""

    code = "experiment_conflict"
