from xml.etree import ElementTree


def test_demo_pictures_are_images_that_can_run_nothing(http, shop):
    shop.catalog.describe(is_demo=True)
    answer = http.get("/media/p1.svg")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "image/svg+xml"
    assert ElementTree.fromstring(answer.text).tag.endswith("svg")
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "max-age" in answer.headers["Cache-Control"]
    assert http.get("/media/p%2F2.svg").status_code == 200
    unknown = http.get("/media/none.svg")
    assert (unknown.status_code, unknown.json()["code"]) == (404, "product_not_found")


def test_other_shops_have_their_own_pictures(http):
    answer = http.get("/media/p1.svg")
    assert (answer.status_code, answer.json()["code"]) == (404, "picture_not_found")
