import pytest


def found(http, query):
    answer = http.get(f"/v1/search?{query}")
    assert answer.status_code == 200, answer.text
    return [(p["id"], p["price"]) for p in answer.json()["products"]]


def test_filters_are_the_catalogues_attributes(http):
    assert found(http, "color=Black") == [("p1", 40.0)]
    assert found(http, "color=black&color=red") == [("p1", 40.0), ("p1", 45.0)]
    assert found(http, "brand=acme&price_max=42") == [("p1", 40.0)]
    assert found(http, "color=green") == []


def test_the_query_is_understood_and_the_filters_count_more(http):
    answer = http.get("/v1/search?q=a+black+dress+under+42+dollars").json()
    assert answer["constraints"]["attributes"] == {"color": ["black"]}
    assert answer["constraints"]["price_max"] == 42.0
    assert [p["id"] for p in answer["products"]] == ["p1"]
    narrowed = http.get("/v1/search?q=a+black+dress+under+42+dollars&price_max=30").json()
    assert (narrowed["constraints"]["price_max"], narrowed["products"]) == (30.0, [])
    chinese = http.get("/v1/search", params={"q": "黑色的", "locale": "zh"}).json()
    assert chinese["constraints"]["attributes"] == {"color": ["black"]}
    assert chinese["products"][0]["title"] == "亚麻裙"


def test_the_answer_says_what_was_searched_for(http):
    answer = http.get("/v1/search?price_max=50&limit=1&size=M").json()
    assert (answer["constraints"]["price_max"], answer["total"]) == (50.0, 1)
    assert answer["constraints"]["attributes"] == {"size": ["M"]}
    assert answer["personalised"]["on"] is False and answer["personalised"]["why"]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("colour=black", "colour"),
        ("limit=0", "limit"),
        ("limit=many", "limit"),
        ("price_max=-1", "price_max"),
        ("price_max=nan", "price_max"),
        ("price_min=5&price_max=4", "price_min"),
        ("rating_min=6", "rating_min"),
        ("sort=random", "sort"),
        ("&".join(["color=x"] * 51), "query"),
    ],
)
def test_wrong_parameters(http, query, field):
    answer = http.get(f"/v1/search?{query}")
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
    assert [e["field"] for e in answer.json()["errors"]] == [field]
