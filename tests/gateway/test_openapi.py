from typing import Any

import pytest

from gateway import openapi
from gateway.app import create_app
from gateway.routes.problems import kinds
from gateway.settings import Settings

PATHS = ("/v1/detect", "/v1/classify")


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return create_app(Settings()).openapi()


@pytest.mark.parametrize("path", PATHS)
def test_every_error_of_an_upload_has_an_example(document: dict[str, Any], path: str) -> None:
    responses = document["paths"][path]["post"]["responses"]
    for kind in openapi.UPLOAD_ERRORS:
        example = responses[str(kind.status)]["content"]["application/problem+json"]["examples"][kind.slug]["value"]
        assert example["type"] == f"/problems/{kind.slug}"


@pytest.mark.parametrize("path", PATHS)
def test_body_and_answer_are_described(document: dict[str, Any], path: str) -> None:
    operation = document["paths"][path]["post"]
    assert set(operation["requestBody"]["content"]) == {
        "multipart/form-data",
        *("image/jpeg", "image/png", "image/webp"),
    }
    content = operation["responses"]["200"]["content"]
    assert content["application/json"]["example"]["request_id"]
    assert "image/jpeg" in content
    names = {parameter["name"] for parameter in operation["parameters"]}
    assert "model" in names


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    for reference in references(document):
        assert reference.removeprefix("#/components/schemas/") in document["components"]["schemas"]


def references(node: Any) -> list[str]:
    if isinstance(node, list):
        return [found for item in node for found in references(item)]
    if not isinstance(node, dict):
        return []
    return [node[key] for key in ("$ref",) if key in node] + references(list(node.values()))


def test_every_error_appears_or_is_of_no_path(document: dict[str, Any]) -> None:
    of_no_path = {
        "client-gone",
        "header-timeout",
        "headers-too-large",
        "method-not-allowed",
        "too-many-connections",
        "too-many-streams",
    }
    shown = {slug for node in nodes(document["paths"]) for slug in node.get("examples", ()) if isinstance(slug, str)}
    assert {kind.slug for kind in kinds()} - of_no_path <= shown


def nodes(node: Any) -> list[dict[str, Any]]:
    if isinstance(node, list):
        return [found for item in node for found in nodes(item)]
    return [node, *nodes(list(node.values()))] if isinstance(node, dict) else []
