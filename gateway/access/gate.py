"""Who is asking, and may they? One question for HTTP and WebSockets alike."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gateway.access.keyring import PREFIX, Keyring
from gateway.access.principal import Principal, Right
from gateway.errors import MissingScope, Unauthenticated
from gateway.settings import Settings

if TYPE_CHECKING:
    from gateway.access.tokens import Tokens


@dataclass(frozen=True, slots=True)
class Gate:
    keyring: Keyring | None
    tokens: "Tokens | None"

    async def admit(self, credential: str | None, right: Right) -> Principal:
        """Return who may pass. Raises `Unauthenticated`, `MissingScope`, `SigningKeysUnavailable`."""
        if credential is None:
            raise Unauthenticated
        principal = await self._find(credential)
        if right not in principal.rights:
            raise MissingScope.named(right)
        return principal

    async def _find(self, credential: str) -> Principal:
        if self.keyring and credential.startswith(PREFIX):
            if principal := self.keyring.find(credential):
                return principal
            raise Unauthenticated("The API key is not known here.")
        if self.tokens:
            return await self.tokens.find(credential)
        raise Unauthenticated("Neither an API key nor a token of a kind that is known here.")


def gate(settings: Settings) -> Gate | None:
    """Return None where access control is off. Raises `ValueError`, `OSError` for a file that cannot be used."""
    keyring = Keyring(settings.api_keys_file) if settings.api_keys_file else None
    tokens = _tokens(settings)
    return Gate(keyring, tokens) if keyring or tokens else None


def _tokens(settings: Settings) -> "Tokens | None":
    if not (settings.jwt_jwks and settings.jwt_issuer and settings.jwt_audience):
        return None
    from gateway.access.jwks import SigningKeys  # noqa: PLC0415 - memory for those alone who have tokens
    from gateway.access.tokens import Tokens  # noqa: PLC0415

    return Tokens(
        keys=SigningKeys(settings.jwt_jwks),
        issuer=settings.jwt_issuer,
        audience=settings.jwt_audience,
        algorithms=settings.jwt_algorithms,
        leeway_s=settings.jwt_leeway_seconds,
    )
