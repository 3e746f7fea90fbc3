"""Events as AWS sends them; shapes from the Lambda developer guide (HTTP API 2.0, REST API 1.0, load balancer)."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

HOST = "abc123.execute-api.eu-central-1.amazonaws.com"
ADDRESS = "203.0.113.7"


def http_api(
    method: str, path: str, query: str = "", headers: dict[str, str] | None = None, body: bytes | None = None
) -> dict[str, Any]:
    """Return an event of an HTTP API or a function URL (payload format 2.0)."""
    return {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": query,
        "headers": {"host": HOST, "x-forwarded-proto": "https", "x-forwarded-for": ADDRESS, **(headers or {})},
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "abc123",
            "domainName": HOST,
            "domainPrefix": "abc123",
            "http": {
                "method": method,
                "path": path,
                "protocol": "HTTP/1.1",
                "sourceIp": ADDRESS,
                "userAgent": "curl/8.5.0",
            },
            "requestId": "JKJaXmPLvHcESHA=",
            "routeKey": "$default",
            "stage": "$default",
            "time": "21/Nov/2026:06:00:00 +0000",
            "timeEpoch": 1795240800000,
        },
        **_body(body),
    }


def rest_api(
    method: str, path: str, headers: dict[str, str] | None = None, body: bytes | None = None
) -> dict[str, Any]:
    """Return an event of a REST API (payload format 1.0)."""
    everything = {"Host": HOST, "X-Forwarded-Proto": "https", "X-Forwarded-For": ADDRESS, **(headers or {})}
    return {
        "resource": "/{proxy+}",
        "path": path,
        "httpMethod": method,
        "headers": everything,
        "multiValueHeaders": {name: [value] for name, value in everything.items()},
        "queryStringParameters": {"top_k": "2"},
        "multiValueQueryStringParameters": {"top_k": ["2"]},
        "pathParameters": {"proxy": path.removeprefix("/")},
        "stageVariables": None,
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "abc123",
            "domainName": HOST,
            "httpMethod": method,
            "identity": {"sourceIp": ADDRESS, "userAgent": "curl/8.5.0"},
            "path": f"/prod{path}",
            "protocol": "HTTP/1.1",
            "requestId": "c6af9ac6-7b61-11e6-9a41-93e8deadbeef",
            "resourcePath": "/{proxy+}",
            "stage": "prod",
        },
        **_body(body),
    }


def load_balancer(path: str) -> dict[str, Any]:
    """Return an event of an application load balancer, as its health check sends it."""
    group = "arn:aws:elasticloadbalancing:eu-central-1:123456789012:targetgroup/vision/49e9d65c45c6791a"
    return {
        "requestContext": {"elb": {"targetGroupArn": group}},
        "httpMethod": "GET",
        "path": path,
        "queryStringParameters": {},
        "headers": {"host": "vision.example.org", "user-agent": "ELB-HealthChecker/2.0", "x-forwarded-for": ADDRESS},
        "body": "",
        "isBase64Encoded": False,
    }


def _body(body: bytes | None) -> dict[str, Any]:
    if body is None:
        return {"isBase64Encoded": False}
    return {"body": b64encode(body).decode(), "isBase64Encoded": True}
