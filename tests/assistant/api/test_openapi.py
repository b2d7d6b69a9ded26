"""The OpenAPI document says what the contract page says."""

from types import SimpleNamespace

import pytest
from fastapi.testclient import TestClient

from assistant.api.app import create_app
from assistant.settings import Settings

CALLS = {
    "post /v1/conversations",
    "post /v1/conversations/{conversation_id}/messages",
    "get /v1/conversations/{conversation_id}",
    "get /v1/conversations/{conversation_id}/events",
    "post /v1/conversations/{conversation_id}/handoff",
    "post /v1/conversations/{conversation_id}/feedback",
    "post /v1/events",
    "get /v1/products/{product_id}",
    "get /v1/search",
    "delete /v1/customers/{customer_id}",
    "get /v1/customers/{customer_id}/export",
    "get /v1/handoffs",
    "get /v1/handoffs/{handoff_id}",
    "post /v1/handoffs/{handoff_id}/claim",
    "post /v1/handoffs/{handoff_id}/messages",
    "post /v1/handoffs/{handoff_id}/note",
    "post /v1/handoffs/{handoff_id}/return",
    "post /v1/handoffs/{handoff_id}/resolve",
    "get /v1/handoffs/{handoff_id}/suggestions",
    "post /v1/catalog/import",
    "get /v1/catalog/jobs/{job_id}",
    "get /v1/insights/sentiment",
    "get /v1/insights/alarms",
    "post /v1/insights/alarms/{alarm_id}/seen",
    "get /v1/insights/products/{product_id}",
    "get /v1/insights/loyalty",
    "get /v1/insights/vocabulary",
    "post /v1/insights/vocabulary",
    "get /v1/insights/funnel",
    "get /v1/insights/experiments",
    "get /v1/insights/fairness",
    "get /v1/insights/shadow",
    "get /v1/insights/events",
    "get /v1/recommendations",
    "get /v1/recommendations/cart",
    "get /v1/products/{product_id}/similar",
    "get /v1/products/{product_id}/goes-with",
    "get /v1/customers/{customer_id}/personalisation",
    "put /v1/customers/{customer_id}/personalisation",
    "put /v1/conversations/{conversation_id}/personalisation",
    "get /v1/campaigns",
    "post /v1/campaigns",
    "get /v1/campaigns/{campaign_id}",
    "put /v1/campaigns/{campaign_id}",
    "delete /v1/campaigns/{campaign_id}",
    "post /v1/experiments",
    "get /v1/experiments/{experiment_id}",
    "post /v1/experiments/{experiment_id}/stop",
    "get /healthz",
    "get /readyz",
    "get /metrics",
    "get /media/{product_id}.svg",
}
TURN = {
    "turn_id": None,
    "conversation_id": None,
    "status": ["bot", "waiting_for_agent", "with_agent", "closed"],
    "language": ["en", "zh"],
    "intent": None,
    "action": [
        *("recommend", "clarify", "compare", "answer", "cart"),
        *("order", "handoff", "chat", "refuse"),
    ],
    "constraints": None,
    "reply": None,
    "products": None,
    "personalised": None,
    "quick_replies": None,
    "timings_ms": None,
}
RECORDS = {
    "ProductView": "id title price currency rating review_count image_url url in_stock score "
    "position reasons review_summary",
    "ReasonView": "kind text evidence",
    "ReviewSummary": "positive negative aspects",
    "AspectView": "aspect sentiment mentions quote",
    "Constraints": "query category price_min price_max currency rating_min attributes exclude "
    "avoid_aspects sort",
    "Personalised": "on why",
    "IntentView": "name confidence",
    "ConversationOpened": "conversation_id token greeting locale",
    "NewConversation": "customer_id locale channel",
    "NewFeedback": "turn_id value comment",
    "EventsTaken": "accepted rejected",
    "Event": "type customer_id product_id conversation_id turn_id position value at",
    "Problem": "type title status detail code",
}


@pytest.fixture(scope="module")
def document(tmp_path_factory):
    """The document needs routes and settings, and no loaded shop."""
    settings = Settings(_env_file=None, home=tmp_path_factory.mktemp("home"))
    client = TestClient(create_app(SimpleNamespace(settings=settings)))  # not started
    return client.get("/openapi.json").json()


def operations(document):
    return {
        f"{method} {path}": operation
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    }


def test_it_has_the_calls_of_the_contract(document):
    assert set(operations(document)) == CALLS


def test_a_turn_has_the_fields_of_the_contract(document):
    properties = document["components"]["schemas"]["Turn"]["properties"]
    assert properties.keys() == TURN.keys()
    for name, values in TURN.items():
        assert values is None or properties[name]["enum"] == values


@pytest.mark.parametrize("name", RECORDS)
def test_records_have_the_fields_of_the_contract(document, name):
    schemas = document["components"]["schemas"]
    assert set(RECORDS[name].split()) <= schemas[name]["properties"].keys()


def test_every_error_is_a_problem_document(document):
    for call, operation in operations(document).items():
        for status, response in operation["responses"].items():
            if int(status) >= 400:
                assert list(response["content"]) == ["application/problem+json"], (call, status)
        if call not in ("get /healthz", "get /metrics"):
            assert {"422", "500", "503"} <= operation["responses"].keys(), call


def test_every_reference_leads_somewhere(document):
    def references(node):
        if isinstance(node, dict):
            for key, value in node.items():
                if key == "$ref":
                    yield value
                else:
                    yield from references(value)
        elif isinstance(node, list):
            for value in node:
                yield from references(value)

    known = document["components"]["schemas"]
    for reference in references(document):
        assert reference.removeprefix("#/components/schemas/") in known
