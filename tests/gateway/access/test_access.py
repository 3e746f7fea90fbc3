"""Every way to come with credentials, at every kind of endpoint."""

import asyncio
import base64
import json
import logging
import re
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from gateway.access import jwks as jwks_module
from gateway.app import create_app
from gateway.settings import Settings
from tests.gateway import gateways
from tests.gateway.access.issuers import AUDIENCE, ISSUER, Published, Signer, jwks, publishing
from tests.gateway.access.keyfiles import add_key
from tests.gateway.pictures import encoded
from tests.waiting import until

pytestmark = pytest.mark.anyio

ENDPOINTS = {
    "detect": ("POST", "/v1/detect", "infer"),
    "classify": ("POST", "/v1/classify", "infer"),
    "models": ("GET", "/v1/models", "infer"),
    "a job": ("GET", "/v1/jobs/x", "jobs"),
    "metrics": ("GET", "/metrics", "metrics"),
    "stats": ("GET", "/v1/stats", "metrics"),
    "unknown": ("GET", "/v1/nothing/here", "infer"),
    "the root": ("GET", "/", "infer"),
    "what ends like an open one": ("GET", "/v1/healthz", "infer"),
    "what begins like an open one": ("GET", "/healthz/x", "infer"),
}
OPEN = ("/healthz", "/readyz", "/docs", "/openapi.json", "/problems/missing-scope")
LONG = 16  # characters that nobody writes by chance
SIGNER, ELLIPTIC, STRANGER = Signer("one"), Signer("two", "ES256"), Signer("one")


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    return tmp_path / "keys.toml"


@pytest.fixture
def key(keys: Path, capsys: pytest.CaptureFixture[str]) -> str:
    scopes = [part for scope in ("infer", "jobs", "stream", "metrics") for part in ("--scope", scope)]
    return add_key(keys, capsys, "camera", *scopes)


@pytest.fixture
async def issuer() -> AsyncIterator[Published]:
    async with publishing(jwks(SIGNER, ELLIPTIC)) as published:
        yield published


@pytest.fixture
def controlled(gateway_settings: Settings, keys: Path, key: str, issuer: Published) -> Settings:
    """Both ways in."""
    assert key
    access = {"api_keys_file": keys, "jwt_jwks": issuer.url, "jwt_issuer": ISSUER, "jwt_audience": AUDIENCE}
    return gateway_settings.model_copy(update=access)


@pytest.fixture
async def gateway(controlled: Settings) -> AsyncIterator[httpx.AsyncClient]:
    async with gateways.calling(create_app(controlled)) as client:
        yield client


async def call(gateway: httpx.AsyncClient, endpoint: str, headers: dict[str, str]) -> httpx.Response:
    method, path, _ = ENDPOINTS[endpoint]
    files = {"file": encoded()} if method == "POST" else None
    return await gateway.request(method, path, headers=headers, files=files)


def bearer(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}


def unsigned(**claims: object) -> str:
    def part(value: object) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()

    good = {"iss": ISSUER, "aud": AUDIENCE, "sub": "ada", "exp": time.time() + 86_400, "scope": "infer jobs metrics"}
    return f"{part({'alg': 'none', 'kid': 'one'})}.{part({**good, **claims})}."


def symmetric() -> str:
    """Make a token signed with the public key as if that were a secret, an old trick."""
    import hashlib
    import hmac

    head, body, _ = unsigned().split(".")
    head = base64.urlsafe_b64encode(json.dumps({"alg": "HS256", "kid": "one"}).encode()).rstrip(b"=").decode()
    signature = hmac.digest(json.dumps(SIGNER.public).encode(), f"{head}.{body}".encode(), hashlib.sha256)
    return f"{head}.{body}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"


BAD = {
    "nothing": {},
    "basic": {"authorization": "Basic dXNlcjpwYXNz"},
    "empty bearer": {"authorization": "Bearer "},
    "a key in the wrong place": {"cookie": "access_token=tv_x"},
    "unknown key": bearer("tv_0123456789_" + "a" * 43),
    "unknown key in its own header": {"x-api-key": "tv_0123456789_" + "a" * 43},
    "junk": bearer("junk"),
    "three parts of junk": bearer("a.b.c"),
    "expired": bearer(SIGNER.token(exp=time.time() - 60)),
    "not yet": bearer(SIGNER.token(nbf=time.time() + 86_400)),
    "for others": bearer(SIGNER.token(aud="others")),
    "for nobody": bearer(SIGNER.token(aud=None)),
    "of others": bearer(SIGNER.token(iss="https://other.example")),
    "without end": bearer(SIGNER.token(exp=None)),
    "without subject": bearer(SIGNER.token(sub=None)),
    "subject that forges a line": bearer(SIGNER.token(sub="a\nb")),
    "unsigned": bearer(unsigned()),
    "signed with what is public": bearer(symmetric()),
    "signed by a stranger": bearer(STRANGER.token()),
    "unknown key id": bearer(SIGNER.token(kid="three")),
    "key of another algorithm": bearer(SIGNER.token(kid="two")),
}


@pytest.mark.parametrize("endpoint", ENDPOINTS)
@pytest.mark.parametrize("case", BAD)
async def test_bad_credentials_get_nowhere(gateway: httpx.AsyncClient, endpoint: str, case: str) -> None:
    answer = await call(gateway, endpoint, BAD[case])
    assert (answer.status_code, answer.json()["type"]) == (401, "/problems/unauthenticated")
    assert answer.headers["content-type"] == "application/problem+json"
    tried = case not in ("nothing", "basic", "empty bearer", "a key in the wrong place")
    assert ('error="invalid_token"' in answer.headers["www-authenticate"]) == tried
    assert answer.headers["www-authenticate"].startswith("Bearer ")


@pytest.mark.parametrize("endpoint", ENDPOINTS)
@pytest.mark.parametrize("way", ["key", "key in its own header", "token", "elliptic token"])
async def test_good_credentials_pass(gateway: httpx.AsyncClient, key: str, endpoint: str, way: str) -> None:
    scopes = "openid infer jobs stream metrics"
    headers = {
        "key": bearer(key),
        "key in its own header": {"x-api-key": key},
        "token": bearer(SIGNER.token(scope=scopes)),
        "elliptic token": bearer(ELLIPTIC.token(scope=scopes)),
    }[way]
    assert (await call(gateway, endpoint, headers)).status_code in (200, 404)


@pytest.mark.parametrize("endpoint", ENDPOINTS)
@pytest.mark.parametrize("way", ["key", "token"])
async def test_the_scope_decides(
    keys: Path,
    capsys: pytest.CaptureFixture[str],
    controlled: Settings,
    endpoint: str,
    way: str,
) -> None:
    needed = ENDPOINTS[endpoint][2]
    others = [scope for scope in ("infer", "jobs", "stream", "metrics") if scope != needed]
    weak = add_key(keys, capsys, "weak", *(part for scope in others for part in ("--scope", scope)))
    token = weak if way == "key" else SIGNER.token(scope=" ".join(others))
    async with gateways.calling(create_app(controlled)) as gateway:
        answer = await call(gateway, endpoint, bearer(token))
    assert (answer.status_code, answer.json()["type"]) == (403, "/problems/missing-scope")
    assert f'scope="{needed}"' in answer.headers["www-authenticate"]
    assert needed in answer.json()["detail"]


@pytest.mark.parametrize("claims", [{"scp": ["infer"], "scope": None}, {"scp": "openid infer", "scope": None}])
async def test_scopes_as_other_issuers_write_them(gateway: httpx.AsyncClient, claims: dict[str, Any]) -> None:
    assert (await call(gateway, "detect", bearer(SIGNER.token(**claims)))).status_code == 200


@pytest.mark.parametrize("path", OPEN)
async def test_what_is_open_needs_nothing(gateway: httpx.AsyncClient, path: str) -> None:
    assert (await gateway.get(path)).status_code == 200


@pytest.mark.parametrize("endpoint", ENDPOINTS)
async def test_without_configuration_nothing_is_needed(gateway_settings: Settings, endpoint: str) -> None:
    async with gateways.calling(create_app(gateway_settings)) as gateway:
        assert (await call(gateway, endpoint, {})).status_code in (200, 404)
        assert (await call(gateway, endpoint, bearer("junk"))).status_code in (200, 404)


async def test_a_clock_that_is_a_little_off_is_forgiven(gateway: httpx.AsyncClient) -> None:
    assert (await call(gateway, "detect", bearer(SIGNER.token(exp=time.time() - 10)))).status_code == 200


async def test_new_signing_keys_are_fetched_when_a_token_names_one(
    gateway: httpx.AsyncClient, issuer: Published, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (await call(gateway, "detect", bearer(SIGNER.token()))).status_code == 200
    new = Signer("three")
    issuer.document = jwks(new)
    assert (await call(gateway, "detect", bearer(new.token()))).status_code == 401  # too soon to ask again
    assert issuer.asked == 1
    monkeypatch.setattr(jwks_module, "RETRY_SECONDS", 0)
    assert (await call(gateway, "detect", bearer(new.token()))).status_code == 200
    assert (await call(gateway, "detect", bearer(SIGNER.token()))).status_code == 401


async def test_withdrawn_keys_are_forgotten_without_anybody_asking(
    gateway: httpx.AsyncClient, issuer: Published, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (await call(gateway, "detect", bearer(SIGNER.token()))).status_code == 200
    issuer.document = jwks(ELLIPTIC)
    monkeypatch.setattr(jwks_module, "RETRY_SECONDS", 0)
    monkeypatch.setattr(jwks_module, "FRESH_SECONDS", 0)
    assert (await call(gateway, "detect", bearer(SIGNER.token()))).status_code == 200  # this one did not wait

    async def is_refused() -> bool:
        return (await call(gateway, "detect", bearer(SIGNER.token()))).status_code == 401

    await until(is_refused)


async def test_many_tokens_at_once_ask_the_issuer_once(gateway: httpx.AsyncClient, issuer: Published) -> None:
    answers = await asyncio.gather(*(call(gateway, "detect", bearer(SIGNER.token())) for _ in range(20)))
    assert {answer.status_code for answer in answers} == {200}
    assert issuer.asked == 1


@pytest.mark.parametrize("document", ["", "[]", "{}", '{"keys": []}', "<html>", '{"keys": [{"kty": "oct", "k": "x"}]}'])
async def test_an_issuer_that_does_not_answer_is_our_trouble(
    gateway: httpx.AsyncClient, issuer: Published, key: str, document: str
) -> None:
    issuer.document, issuer.status = document, 500 if not document else 200
    answer = await call(gateway, "detect", bearer(SIGNER.token()))
    assert (answer.status_code, answer.json()["type"]) == (503, "/problems/signing-keys-unavailable")
    assert answer.headers["retry-after"] == "10"
    assert (await call(gateway, "detect", bearer(SIGNER.token()))).status_code == 503
    assert issuer.asked == 1
    assert (await call(gateway, "detect", bearer(key))).status_code == 200


async def test_known_keys_outlive_the_issuer(
    gateway: httpx.AsyncClient, issuer: Published, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    assert (await call(gateway, "detect", bearer(SIGNER.token()))).status_code == 200
    issuer.status = 500
    monkeypatch.setattr(jwks_module, "RETRY_SECONDS", 0)
    monkeypatch.setattr(jwks_module, "FRESH_SECONDS", 0)
    assert (await call(gateway, "detect", bearer(SIGNER.token()))).status_code == 200
    await until(lambda: "JWKS not read" in caplog.text)
    assert issuer.asked == 2
    assert (await call(gateway, "detect", bearer(SIGNER.token()))).status_code == 200


async def test_junk_does_not_reach_the_issuer(gateway: httpx.AsyncClient, issuer: Published) -> None:
    for case in ("junk", "three parts of junk", "unsigned", "signed with what is public"):
        await call(gateway, "detect", BAD[case])
    assert issuer.asked == 0


async def test_signing_keys_from_a_file(controlled: Settings, tmp_path: Path) -> None:
    path = tmp_path / "jwks.json"
    path.write_text(jwks(SIGNER))
    async with gateways.calling(create_app(controlled.model_copy(update={"jwt_jwks": str(path)}))) as gateway:
        assert (await call(gateway, "detect", bearer(SIGNER.token()))).status_code == 200
        assert (await call(gateway, "detect", bearer(ELLIPTIC.token()))).status_code == 401


async def test_nothing_secret_is_logged(gateway: httpx.AsyncClient, key: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    token = SIGNER.token()
    for credential in (key, token, STRANGER.token(), key[:-1], unsigned()):
        for headers in (bearer(credential), {"x-api-key": credential}):
            answer = await call(gateway, "detect", headers)
            assert credential not in answer.text
        assert credential not in caplog.text
        # The secret of a key, the signature of a token; what is shorter stands everywhere.
        assert not any(part in caplog.text for part in re.split(r"[._]", credential) if len(part) >= LONG)


async def test_a_principal_is_left_for_others(controlled: Settings, key: str) -> None:
    from gateway.access.principal import principal_of

    names: list[str | None] = []
    app = create_app(controlled)

    class Watch:
        def __init__(self, inner: object) -> None:
            self.inner = inner

        async def __call__(self, scope: object, receive: object, send: object) -> None:
            await self.inner(scope, receive, send)  # type: ignore[operator]
            if scope["type"] == "http":  # type: ignore[index]
                principal = principal_of(scope)  # type: ignore[arg-type]
                names.append(principal.name if principal else None)

    app.add_middleware(Watch)
    async with gateways.calling(app) as gateway:
        for headers in (bearer(key), bearer(SIGNER.token(sub="key:camera")), {}):
            await call(gateway, "models", headers)
    assert names == ["key:camera", "jwt:key:camera", None]
