"""The scripts of the repository, played over the demo store."""

from pathlib import Path

from evals.dialogues.client import InProcess
from evals.dialogues.run import run_scripts
from evals.dialogues.script import load_scripts

SCRIPTS = Path(__file__).parents[3] / "evals" / "scripts"


def test_the_scripts_hold(demo_shop):
    scripts = [s for s in load_scripts(SCRIPTS) if s.store == "demo"]
    assert len(scripts) >= 30
    assert sum(s.language == "zh" for s in scripts) >= 10
    report = run_scripts(scripts, InProcess(demo_shop.conversations))
    failed = [
        f"{script.name}: {turn.say}: {failure}"
        for script in report.scripts
        for turn in script.turns
        for failure in turn.failures
    ]
    assert not failed, "\n".join(failed)
