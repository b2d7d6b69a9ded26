from retrieval.catalog.seen import SeenIds


def test_an_id_is_new_once_and_then_names_its_first_row() -> None:
    with SeenIds() as seen:
        assert seen.add("b", 1, b"x") is None
        assert seen.add("a", 2, b"y") is None
        assert seen.add("b", 3, b"x") == (1, True)
        assert seen.add("b", 4, b"z") == (1, False)
        assert "b" in seen
        assert "c" not in seen
        assert (len(seen), list(seen)) == (2, ["a", "b"])
