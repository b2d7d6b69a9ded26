import stat
from concurrent.futures import ThreadPoolExecutor

import pytest

from assistant.api.keys import ApiKeys, kept_key
from assistant.errors import ForbiddenError


def test_keys_are_made_once_and_are_the_owners_alone(tmp_path):
    home = tmp_path / "home"
    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(lambda _: kept_key(home, "agent"), range(16)))
    assert len(keys) == 1 and len(keys.pop()) > 30
    assert kept_key(home, "admin") != kept_key(home, "agent")
    assert sorted(p.name for p in home.iterdir()) == ["admin.key", "agent.key"]
    assert stat.S_IMODE((home / "agent.key").stat().st_mode) == 0o600


def test_whose_key_it_is(settings):
    keys = ApiKeys.load(settings)
    assert (keys.caller("ann-key").name, keys.caller("ann-key").role) == ("ann", "agent")
    assert keys.caller("admin-key").role == "admin"
    assert keys.caller("agent-key", "carla").name == "carla"
    assert keys.caller("nonsense") is None
    for key, name in (("ann-key", "bo"), ("agent-key", "ann"), ("agent-key", "admin")):
        with pytest.raises(ForbiddenError):
            keys.caller(key, name)
