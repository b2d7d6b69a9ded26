"""API keys of agents and administrators."""

import hashlib
import hmac
import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Self

from assistant.errors import ForbiddenError
from assistant.settings import Settings

Role = Literal["agent", "admin"]


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls. ``shared`` keys may be used by several people, who then give their own names."""

    name: str
    role: Role
    shared: bool = False


class ApiKeys:
    """Finds out whose key it is. Keys are held as hashes and compared in constant time."""

    def __init__(self, keys: dict[str, Caller]) -> None:
        self._callers = [(_digest(key), caller) for key, caller in keys.items()]

    @classmethod
    def load(cls, settings: Settings) -> Self:
        """Keys from the settings; those not set are made once and kept in the home folder."""
        agent = settings.agent_api_key.get_secret_value() if settings.agent_api_key else None
        admin = settings.admin_api_key.get_secret_value() if settings.admin_api_key else None
        keys = {
            agent or kept_key(settings.home, "agent"): Caller("agent", "agent", shared=True),
            **{
                key.get_secret_value(): Caller(name, "agent")
                for name, key in settings.agents.items()
            },
            admin or kept_key(settings.home, "admin"): Caller("admin", "admin", shared=True),
        }
        return cls(keys)

    def caller(self, key: str, name: str | None = None) -> Caller | None:
        """The caller whose ``key`` it is, under ``name`` where the key is shared.

        Raises ``ForbiddenError`` when ``name`` is not the caller's to use.
        """
        digest, found = _digest(key), None
        for expected, caller in self._callers:
            if hmac.compare_digest(digest, expected):
                found = caller
        if found is None or name is None or name == found.name:
            return found
        taken = any(caller.name == name for _, caller in self._callers)
        if taken or not found.shared:
            raise ForbiddenError("The key does not belong to the agent named in X-Agent.")
        return Caller(name, found.role)


def kept_key(home: Path, role: Role) -> str:
    """The key of ``role`` kept in ``home``, made at the first call; readable by the owner only."""
    path = home / f"{role}.key"
    home.mkdir(parents=True, exist_ok=True)
    fresh = secrets.token_urlsafe(32)
    whole = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    with os.fdopen(os.open(whole, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(fresh)
    try:
        os.link(whole, path)  # fails where another process was first, whose key then counts
    except FileExistsError:
        pass
    finally:
        whole.unlink()
    return path.read_text().strip()


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()
