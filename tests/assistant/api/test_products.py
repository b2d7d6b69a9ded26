def test_a_product_in_both_languages(http):
    product = http.get("/v1/products/p1").json()
    assert (product["title"], product["price"], product["in_stock"]) == ("Linen dress", 40.0, True)
    assert [v["sku"] for v in product["variants"]] == ["p1-M", "p1-L"]
    summary = product["review_summary"]
    assert summary == {"positive": 0, "negative": 0, "aspects": [], "suspected": 0, "quoted": []}
    chinese = http.get("/v1/products/p1?locale=zh").json()
    assert (chinese["title"], chinese["attributes"]["color"]) == ("亚麻裙", ["黑色", "红色"])


def test_products_that_are_not_there(http):
    for path in ("/v1/products/none", "/v1/products/%E4%BD%A0"):
        answer = http.get(path)
        assert (answer.status_code, answer.json()["code"]) == (404, "product_not_found")
    assert http.get("/v1/products/%00").status_code == 422
    assert http.get("/v1/products/p1?locale=fr").status_code == 422


def test_an_id_with_a_slash(http):
    assert http.get("/v1/products/p%2F2").json()["title"] == "Mug"
