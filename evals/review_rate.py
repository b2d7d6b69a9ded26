"""How fast reviews are read: all of the demo store's, and then only those that are new.

    python -m evals.review_rate [--home var]

Reading is everything that happens to a review: aspects, sentiment, doubts, and the look for
alarms. The model is opened before the clock starts.
"""

import argparse
import sys
import tempfile
from pathlib import Path
from time import perf_counter

from retrieval.demo.cache import cached_store
from retrieval.demo.load import load_demo
from retrieval.insights.watch import watch
from retrieval.reviews.indexing import index_reviews
from retrieval.reviews.judge import ShippedJudge
from retrieval.store.alarm_store import AlarmStore
from retrieval.store.base import Base, connect, session_factory
from retrieval.store.insight_store import InsightStore
from retrieval.store.review_store import ReviewStore

NEW = 500


def main() -> None:
    """Prints reviews a second for both."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home", type=Path, default=Path("var"))
    home = parser.parse_args().home
    store = cached_store(home / "demo")
    judge = ShippedJudge(home / "models")
    judge.judge(["Good."])
    with tempfile.TemporaryDirectory() as folder:
        engine = connect(f"sqlite:///{Path(folder) / 'shop.db'}")
        Base.metadata.create_all(engine)
        sessions = session_factory(engine)
        load_demo(sessions, store)
        reviews, insights, alarms = (
            ReviewStore(sessions),
            InsightStore(sessions),
            AlarmStore(sessions),
        )
        begun = perf_counter()
        read = index_reviews(reviews, judge=judge)
        reading = perf_counter() - begun
        watch(insights, alarms, notify=True)
        watching = perf_counter() - begun - reading
        changed = [r.model_copy(update={"text": f"{r.text} Still."}) for r in store.reviews[:NEW]]
        reviews.upsert_many(changed)
        begun = perf_counter()
        again = index_reviews(reviews, judge=judge)
        fresh = perf_counter() - begun
        engine.dispose()
    sys.stdout.write(
        f"{read} reviews read in {reading:.1f} s ({read / reading:.0f} a second), "
        f"watched in {watching:.1f} s\n"
        f"{again} changed ones read in {fresh:.1f} s ({again / fresh:.0f} a second)\n"
    )


if __name__ == "__main__":
    main()
