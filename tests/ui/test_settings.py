from pathlib import Path

import pytest
from pydantic import AliasChoices, SecretStr, ValidationError

from ui.settings import Settings

DOCUMENT = Path(__file__).parents[2] / "docs" / "ui.md"


def variable(name: str) -> str:
    alias = Settings.model_fields[name].validation_alias
    return str(alias.choices[0]) if isinstance(alias, AliasChoices) else f"UI_{name.upper()}"


@pytest.mark.parametrize("name", Settings.model_fields)
def test_every_setting_is_documented_with_its_default(name: str) -> None:
    row = next(line for line in DOCUMENT.read_text().splitlines() if line.startswith(f"| `{variable(name)}` |"))
    field = Settings.model_fields[name]
    default = int(field.default) if isinstance(field.default, int) else field.default
    assert f"| `{default}` |" in row
    assert field.description
    assert field.description in row


def test_no_setting_is_documented_that_does_not_exist() -> None:
    documented = {line.split("`")[1] for line in DOCUMENT.read_text().splitlines() if line.startswith("| `")}
    assert documented == {variable(name) for name in Settings.model_fields}


def test_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GATEWAY_URL", "http://gateway:8080")
    monkeypatch.setenv("GATEWAY_API_KEY", "tv_key")
    monkeypatch.setenv("UI_MAX_UPLOAD", "8MiB")
    settings = Settings()
    assert str(settings.gateway_url) == "http://gateway:8080/"
    assert settings.gateway_api_key == SecretStr("tv_key")
    assert settings.max_upload == 8 * 2**20
    assert "tv_key" not in repr(settings)


def test_an_address_that_is_none_is_refused() -> None:
    with pytest.raises(ValidationError, match="gateway_url"):
        Settings(gateway_url="gateway:8080")  # type: ignore[arg-type] # as the environment has it
