from pathlib import Path

import pytest
from pydantic import ValidationError

from gateway.settings import Settings

DOCUMENT = Path(__file__).parents[2] / "docs" / "gateway.md"


@pytest.mark.parametrize("name", Settings.model_fields)
def test_every_setting_is_documented_with_its_default(name: str) -> None:
    row = next(line for line in DOCUMENT.read_text().splitlines() if line.startswith(f"| `GATEWAY_{name.upper()}` |"))
    field = Settings.model_fields[name]
    assert f"| `{shown(field.default)}` |" in row
    assert field.description
    assert field.description in row


def shown(default: object) -> str:
    """Give a list as the environment has it."""
    return (", ".join(default) or "none") if isinstance(default, tuple) else str(default)


def test_defaults_need_no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TRITON_URL", raising=False)
    assert (Settings().host, Settings().triton_url) == ("127.0.0.1", "127.0.0.1:8001")


def test_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GATEWAY_MAX_BODY", "8MiB")
    monkeypatch.setenv("TRITON_URL", "grpc://triton:8001/")
    assert (Settings().max_body, Settings().triton_url) == (8 * 2**20, "triton:8001")


def test_own_name_of_the_triton_address_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRITON_URL", "other:8001")
    monkeypatch.setenv("GATEWAY_TRITON_URL", "mine:8001")
    assert Settings().triton_url == "mine:8001"


def test_http_address_is_refused_with_a_word_on_grpc() -> None:
    with pytest.raises(ValidationError, match="speaks gRPC"):
        Settings(triton_url="http://triton:8000")
