"""What the chart does not take: the schema refuses nonsense, the templates what does not belong together."""

from __future__ import annotations

from typing import Any

import helm_python
import pytest

from gateway.settings import Settings as GatewaySettings
from tests.deploy import charts
from tests.deploy.charts import ACCESS, combination, environment, merged, notes, render
from ui.settings import Settings as PageSettings

NONSENSE: dict[str, dict[str, Any]] = {
    "an unknown part": {"tritn": {}},
    "an unknown value": {"gateway": {"replica": 2}},
    "a setting with a typing error": {"gateway": {"settings": {"GATEWAY_QUOTA_PER_MINUT": "600"}}},
    "a setting that the chart makes": {"gateway": {"settings": {"GATEWAY_PORT": "9000"}}},
    "a number that YAML would spoil": {"gateway": {"settings": {"GATEWAY_JOB_MAX_BYTES": 512000000}}},
    "a page's setting with a typing error": {"ui": {"settings": {"UI_MAX_STREAM": "16"}}},
    "a profile": {"profile": "tpu"},
    "no pods": {"gateway": {"replicas": 0}},
    "a text for a number": {"gateway": {"replicas": "two"}},
    "an address with a scheme": {"triton": {"enabled": False, "externalUrl": "grpc://triton:8001"}},
    "an address without a port": {"triton": {"enabled": False, "externalUrl": "triton"}},
    "a JWKS that can be changed on its way": {"gateway": {"access": {"jwt": {"jwks": "http://issuer/jwks"}}}},
    "a password among the values": {"redis": {"enabled": False, "external": {"url": "redis://:secret@host:6379/0"}}},
    "a repository on the web": {"modelRepository": {"source": "objectStore", "objectStore": {"url": "https://host/m"}}},
    "a name with a scheme": {"hosts": {"gateway": "https://vision.example.org"}},
    "a secret with a strange name": {"ui": {"apiKeySecret": "My_Key"}},
    "an unknown controller": {"ingress": {"controller": "apache"}},
    "a silence shorter than two pings of a stream": {"ingress": {"timeoutSeconds": 20}},
    "a size without sense": {"triton": {"sharedMemory": "1 GB"}},
    "a budget that stops every drain": {"podDisruptionBudget": {"maxUnavailable": 0}},
    "an option that is none": {"triton": {"args": ["log-verbose=1"]}},
    "a volume for one pod, which the export and Triton want": {
        "modelRepository": {"volume": {"accessModes": ["ReadWriteOncePod"]}}
    },
    "a repository outside of its volume": {"modelRepository": {"volume": {"folder": "../etc"}}},
    "runbooks in a folder": {"monitoring": {"rules": {"runbooksUrl": "docs/operations.md"}}},
    "an unknown word about plans": {"triton": {"plans": {"precision": "int8"}}},
    "a longest request beyond what the gateway takes": {"gateway": {"maxDeadlineSeconds": 301}},
}
ALONE: dict[str, tuple[dict[str, Any], str]] = {
    "nobody knows who may": ({"gateway": {"access": {"allowUnauthenticated": False}}}, "Who may use the gateway"),
    "half a JWT": ({"gateway": {"access": {"jwt": {"jwks": "https://issuer/jwks"}}}}, "belong together"),
    "no Triton": ({"triton": {"enabled": False}}, "triton.externalUrl"),
    "no bucket": ({"modelRepository": {"source": "objectStore"}}, "objectStore.url"),
    "plans for a CPU": ({"triton": {"plans": {"enabled": True}}}, "profile to gpu"),
    "plans for a Triton elsewhere": (
        {"profile": "gpu", "triton": {"enabled": False, "externalUrl": "host:8001", "plans": {"enabled": True}}},
        "triton.enabled to true",
    ),
    "plans of other weights than the engines'": (
        {
            "profile": "gpu",
            "triton": {"plans": {"enabled": True}},
            "export": {"enabled": False},
            "modelRepository": {"volume": {"existingClaim": "models"}},
        },
        "export.weightsClaim",
    ),
    "plans into a bucket": (
        {
            "profile": "gpu",
            "triton": {"plans": {"enabled": True}},
            "modelRepository": {"source": "objectStore", "objectStore": {"url": "s3://bucket/models"}},
        },
        "beside the models",
    ),
    "many at a volume for one": ({"triton": {"replicas": 2}}, "ReadWriteMany"),
    "many, sometimes": ({"triton": {"autoscaling": {"enabled": True}}}, "ReadWriteMany"),
    "gateways that share nothing": ({"redis": {"enabled": False}}, "their own jobs"),
    "two Redis": ({"redis": {"external": {"url": "redis://host:6379/0"}}}, "Two Redis"),
    "an entrance without a name": ({"ingress": {"enabled": True}}, "hosts.gateway"),
    "TLS without a certificate": (
        {"ingress": {"enabled": True}, "hosts": {"gateway": "vision.example.org"}},
        "ingress.tls.secretName",
    ),
    "a route without a gateway": (
        {"httpRoute": {"enabled": True}, "hosts": {"gateway": "vision.example.org"}},
        "httpRoute.parentRefs",
    ),
}


def test_the_defaults_are_taken() -> None:
    charts.chart().validate_schema({})
    assert render(ACCESS)


@pytest.mark.parametrize("values", NONSENSE.values(), ids=NONSENSE)
def test_nonsense_is_refused(values: dict[str, Any]) -> None:
    with pytest.raises(helm_python.HelmValuesError):
        render(merged(ACCESS, values))


@pytest.mark.parametrize(("values", "said"), ALONE.values(), ids=ALONE)
def test_what_does_not_belong_together_is_told(values: dict[str, Any], said: str) -> None:
    with pytest.raises(helm_python.HelmRenderError, match=said):
        render(merged(ACCESS, values))


@pytest.mark.parametrize(("part", "settings"), [("gateway", GatewaySettings), ("ui", PageSettings)])
def test_every_setting_can_be_set_once(part: str, settings: type[GatewaySettings | PageSettings]) -> None:
    """A new setting belongs into the list of values.schema.json, unless a template sets it."""
    schema = charts.chart().schema
    assert schema is not None
    free = set(schema["properties"][part]["properties"]["settings"]["propertyNames"]["enum"])
    prefix = str(settings.model_config["env_prefix"])
    everything = {
        name.upper() if name.startswith("gateway_") else f"{prefix}{name.upper()}" for name in settings.model_fields
    }
    made: set[str] = set()
    for name in ("everything", "external", "cpu"):
        manifests = render(combination(name))
        if part in charts.of_kind(manifests, "Deployment"):
            made |= environment(manifests, part).keys() & everything
    assert free | made == everything
    assert not free & (made - {*combination("everything")[part]["settings"]})


def test_notes_warn_of_what_is_open() -> None:
    assert "everybody who reaches the gateway" in notes(combination("cpu"))
    assert "the page has no access control" in notes(combination("everything"))
    keyless = merged(combination("gpu"), {"ui": {"apiKeySecret": ""}})
    assert "the page has none: set ui.apiKeySecret" in notes(keyless)
    assert "WARNING" not in notes(combination("gpu"))
