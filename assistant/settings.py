"""Settings: environment variables ``SHOPKEEPER_*``, a ``.env`` file, and sensible defaults."""

from pathlib import Path
from typing import Literal, Self

from pydantic import Field, HttpUrl, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from retrieval.ranking.objective import Objective


class Settings(BaseSettings):
    """All settings of a running shop. ``shopkeeper settings`` prints this table."""

    model_config = SettingsConfigDict(env_prefix="SHOPKEEPER_", env_file=".env", extra="ignore")

    home: Path = Field(
        Path("var"),
        description="Folder for everything the shop keeps: database, index, model cache.",
    )
    database_url: str | None = Field(
        None,
        validation_alias="DATABASE_URL",
        description="SQLAlchemy URL; PostgreSQL or SQLite. Default: SQLite in the home folder.",
    )
    chroma_url: str | None = Field(
        None,
        validation_alias="CHROMA_URL",
        description="http://host:port of a `chroma run` server. Default: embedded, in the home.",
    )
    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: int = Field(
        8000, validation_alias="PORT", ge=0, le=65535, description="Port to listen on."
    )
    shop_name: str = Field("Shopkeeper", description="The name in the greeting and the page.")
    locale: Literal["auto", "en", "zh"] = Field(
        "auto", description="Language of the first greeting where the shopper has not chosen one."
    )
    currency: str = Field("USD", description="Currency of feeds that do not name one (ISO 4217).")
    page_size: int = Field(4, ge=1, le=12, description="Products shown in one turn.")
    personalise: bool = Field(
        True, description="Whether ranking uses a customer's behaviour at all."
    )
    objective: Objective = Field(
        Objective(),
        description="What lists are ordered for, as JSON: weights of `click`, `conversion`, "
        "`margin`, `freshness` and `reviews`, each 0 to 10.",
    )
    sponsored_share: float = Field(
        0.25, ge=0, le=0.5, description="Largest share of a list that may be sponsored; 0: none."
    )
    explore_share: float = Field(
        0.1,
        ge=0,
        le=1,
        description="Share of signed-in customers' lists that give a new product the last place.",
    )
    events_per_customer_minute: int = Field(
        300, ge=1, description="Behaviour taken from one customer in a minute; more is a flood."
    )
    events_per_product_hour: int = Field(
        300,
        ge=1,
        description="Behaviour of unknown customers taken for one product in an hour.",
    )
    review_half_life_days: float = Field(
        365.0,
        gt=0,
        description="Age in days at which a review counts half of the newest one in what is said.",
    )
    webhook_url: HttpUrl | None = Field(
        None, description="Address of your own system that review alarms are posted to."
    )
    webhook_secret: SecretStr | None = Field(
        None, description="What these posts are signed with. Needed where there is an address."
    )
    policies: Path | None = Field(
        None,
        description="Folder of Markdown policy passages. Default: the demo's, on demo data only.",
    )
    agent_api_key: SecretStr | None = Field(
        None, description="Key of role `agent`. Default: made once and kept in the home folder."
    )
    admin_api_key: SecretStr | None = Field(
        None, description="Key of role `admin`. Default: made once and kept in the home folder."
    )
    agents: dict[str, SecretStr] = Field(
        default_factory=dict,
        description='Named agents with a key each, as JSON: {"ann": "key", ...}; role `agent`.',
    )
    max_body_bytes: int = Field(
        1_000_000, ge=1000, description="Largest request body that is accepted, in bytes."
    )
    vector_search: Literal["exact", "chroma"] = Field(
        "exact",
        description="`exact`: scan of the vectors held in memory; `chroma`: ask Chroma each time.",
    )
    device: Literal["auto", "cpu", "cuda"] = Field("auto", description="Where the BERT models run.")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        "INFO", description="Log detail."
    )

    @model_validator(mode="after")
    def _posts_are_signed(self) -> Self:
        if self.webhook_url is not None and self.webhook_secret is None:
            raise ValueError("SHOPKEEPER_WEBHOOK_URL needs SHOPKEEPER_WEBHOOK_SECRET beside it.")
        return self

    def resolved_database_url(self) -> str:
        """The database URL, the SQLite default included."""
        return self.database_url or f"sqlite:///{(self.home / 'shop.db').resolve()}"
