"""How a running service behaves: warm start, memory, and the latency of a turn.

    python -m evals.service --home var

Starts `shopkeeper serve` as its own process over a home folder that has been served before. Turn
latency is told beside `GET /healthz` of the same process in the same run, the cost of the HTTP
round trip alone.
"""

import argparse
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median, quantiles

import httpx
import psutil

from evals.errors import ServiceError

TALK = (
    "a backpack under 100 dollars",
    "not black",
    "the second one, why?",
    "does it come in green?",
    "show me more",
    "想买无线耳机，两百以内",
    "便宜一点的",
    "第一个的评价怎么样？",
    "how long does shipping take?",
    "start over",
)
START_TIMEOUT_S = 120.0
MIB = 1 << 20


def measure(home: Path, rounds: int = 5) -> dict[str, float]:
    """Starts a service over ``home``, talks to it, ends it.

    Returns:
        Seconds to ``/readyz`` = 200, resident MiB at ready and after the talks, milliseconds of a
        turn (p50, p95) and of ``/healthz`` (p50), and the ratio of the two medians.

    Raises:
        ServiceError: the service ended, or was not ready in time.
    """
    port = _free_port()
    env = os.environ | {"SHOPKEEPER_HOME": str(home), "PORT": str(port)}
    command = [str(Path(sys.executable).with_name("shopkeeper")), "serve"]
    begun = time.perf_counter()
    with subprocess.Popen(command, env=env, stderr=subprocess.DEVNULL) as process:  # noqa: S603
        try:
            http = httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30)
            _wait_until_ready(http, process)
            ready_s = time.perf_counter() - begun
            at_ready = psutil.Process(process.pid).memory_info().rss / MIB
            turns = [took for _ in range(rounds) for took in _talk(http)]
            alive = [_timed(lambda: http.get("/healthz")) for _ in range(50)]
            after = psutil.Process(process.pid).memory_info().rss / MIB
        finally:
            process.terminate()
    turn, health = median(turns), median(alive)
    return {
        "ready_s": round(ready_s, 1),
        "rss_ready_mib": round(at_ready),
        "rss_after_mib": round(after),
        "turns": len(turns),
        "turn_p50_ms": round(turn, 1),
        "turn_p95_ms": round(quantiles(turns, n=20)[-1], 1),
        "healthz_p50_ms": round(health, 1),
        "turn_to_healthz": round(turn / health, 1),
    }


def _talk(http: httpx.Client) -> list[float]:
    """One conversation; milliseconds of each turn."""
    opened = http.post("/v1/conversations", json={}).raise_for_status().json()
    path = f"/v1/conversations/{opened['conversation_id']}/messages"
    headers = {"Authorization": f"Bearer {opened['token']}"}

    def say(text: str) -> None:
        http.post(path, json={"text": text}, headers=headers).raise_for_status()

    return [_timed(lambda text=text: say(text)) for text in TALK]  # type: ignore[misc]


def _timed(call: Callable[[], object]) -> float:
    begun = time.perf_counter()
    call()
    return (time.perf_counter() - begun) * 1000


def _wait_until_ready(http: httpx.Client, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.perf_counter() + START_TIMEOUT_S
    while time.perf_counter() < deadline:
        if process.poll() is not None:
            raise ServiceError(f"the service ended with code {process.returncode}")
        try:
            if http.get("/readyz").status_code == httpx.codes.OK:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    raise ServiceError(f"the service was not ready within {START_TIMEOUT_S:.0f} s")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home", type=Path, default=Path("var"))
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    sys.stdout.write(json.dumps(measure(given.home, given.rounds), indent=2) + "\n")


if __name__ == "__main__":
    main()
