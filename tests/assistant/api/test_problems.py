import pytest

PROBLEM = "application/problem+json"


def check(answer, status, code):
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"] == PROBLEM
    problem = answer.json()
    assert {"type", "title", "status", "detail", "code"} <= problem.keys()
    assert (problem["status"], problem["code"]) == (status, code)
    return problem


def test_unknown_calls_and_methods(http):
    check(http.get("/v1/none"), 404, "not_found")
    check(http.get("/none"), 404, "not_found")
    wrong = http.put("/v1/conversations/c_1/messages")
    check(wrong, 405, "method_not_allowed")
    assert wrong.headers["Allow"] == "POST"
    assert http.delete("/v1/search").headers["Allow"] == "GET"


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/conversations", {"customer": "x"}),
        ("/v1/events", [{"type": "click", "customer_id": "c", "product_id": "p1", "colour": 1}]),
    ],
)
def test_unknown_fields_are_never_dropped(http, path, body):
    problem = check(http.post(path, json=body), 422, "invalid_request")
    assert problem["errors"][0]["field"] in ("customer", "[0].colour")


def test_unknown_fields_in_every_body_of_a_conversation(talk):
    for call in ("messages", "handoff", "feedback"):
        problem = check(talk.post(call, {"bogus": 1}), 422, "invalid_request")
        assert "bogus" in [e["field"] for e in problem["errors"]]


@pytest.mark.parametrize(
    "content",
    [
        b"{",
        b"",
        b"[]",
        b"null",
        b'"text"',
        b'{"text": }',
        b"\xff\xfe",
        b'{"\\ud800": 1}',
        b"[" * 9000,
    ],
)
def test_bodies_that_are_not_what_is_asked_for(http, content):
    headers = {"Content-Type": "application/json"}
    answer = http.post("/v1/conversations", content=content, headers=headers)
    assert answer.status_code in (400, 422)
    assert answer.headers["Content-Type"] == PROBLEM


def test_a_body_that_is_too_large(http, talk):
    huge = {"text": "x" * 30_000}
    check(talk.post("messages", huge), 413, "body_too_large")

    def endless():
        for _ in range(100):
            yield b"x" * 1000

    headers = {"Content-Type": "application/json"}
    answer = http.post("/v1/conversations", content=endless(), headers=headers)
    check(answer, 413, "body_too_large")


def test_several_wrong_fields_are_told_one_by_one(http):
    body = {"customer_id": "a\u0000b", "locale": "fr", "channel": ""}
    problem = check(http.post("/v1/conversations", json=body), 422, "invalid_request")
    assert {e["field"] for e in problem["errors"]} == {"customer_id", "locale", "channel"}
    assert all(e["reason"] for e in problem["errors"])


def test_headers_that_keep_browsers_in_check(http):
    answer = http.get("/v1/none")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert answer.headers["Cache-Control"] == "no-store"
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    crossed = http.options(
        "/v1/conversations",
        headers={"Origin": "https://other.example", "Access-Control-Request-Method": "POST"},
    )
    assert "Access-Control-Allow-Origin" not in crossed.headers
