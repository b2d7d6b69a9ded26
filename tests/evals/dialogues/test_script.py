import pytest

from evals.dialogues.script import load_scripts
from evals.errors import ScriptError

GOOD = """
name: dress
language: en
turns:
  - say: a black dress under 60
    expect:
      intent: search
      constraints: {price_max: 60, attributes: {color: [black]}}
      products: {count: {min: 1, max: 5}, every: {price: {max: 60}}}
"""


def test_a_script_is_read(tmp_path):
    (tmp_path / "a.yaml").write_text(GOOD, encoding="utf-8")
    (script,) = load_scripts(tmp_path)
    assert script.name == "dress"
    assert script.turns[0].expect.products.every.price.max == 60


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ("price_max: 60", "price_max: [", "YAML"),
        ("say:", "says:", "turns.0"),
        ("min: 1, ", "", "products"),
        ("turns:", "terns:", "turns"),
    ],
)
def test_a_malformed_script_is_named_with_its_place(tmp_path, old, new, named):
    (tmp_path / "bad.yaml").write_text(GOOD.replace(old, new), encoding="utf-8")
    with pytest.raises(ScriptError, match=named) as caught:
        load_scripts(tmp_path)
    assert "bad.yaml" in str(caught.value)


def test_an_empty_folder_is_an_error(tmp_path):
    with pytest.raises(ScriptError):
        load_scripts(tmp_path)


def test_a_ceiling_without_a_floor_is_refused(tmp_path):
    text = GOOD.replace("count: {min: 1, max: 5}", "count: {max: 5}")
    (tmp_path / "a.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(ScriptError, match=r"count\.min"):
        load_scripts(tmp_path)
