"""JSON web tokens: PyJWT checks them, this says against what, and reads rights from their claims."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import jwt

from gateway.access.jwks import SigningKeys
from gateway.access.principal import Principal, Right
from gateway.errors import Unauthenticated

REQUIRED = ["exp", "iss", "aud", "sub"]
RIGHTS = frozenset(Right)
MAX_NAME = 128


@dataclass(frozen=True, slots=True)
class Tokens:
    keys: SigningKeys
    issuer: str
    audience: str
    algorithms: tuple[str, ...]
    leeway_s: float

    async def find(self, token: str) -> Principal:
        """Return whose token it is. Raises `Unauthenticated` and what `SigningKeys.find` raises."""
        try:
            return self._principal(self._claims(token, await self._key(token)))
        except jwt.ExpiredSignatureError as error:
            raise Unauthenticated("The token has expired.") from error
        except jwt.PyJWTError as error:
            raise Unauthenticated("The token is not valid here.") from error

    async def _key(self, token: str) -> jwt.PyJWK:
        header = jwt.get_unverified_header(token)
        # Checked again when the signature is; here it keeps junk from asking the issuer for keys.
        if header.get("alg") not in self.algorithms:
            raise jwt.InvalidAlgorithmError
        key = await self.keys.find(header.get("kid"))
        if key is None:
            raise jwt.InvalidKeyError
        return key

    def _claims(self, token: str, key: jwt.PyJWK) -> dict[str, Any]:
        return jwt.decode(
            token,
            key,
            algorithms=list(self.algorithms),
            audience=self.audience,
            issuer=self.issuer,
            leeway=self.leeway_s,
            options={"require": REQUIRED},
        )

    def _principal(self, claims: dict[str, Any]) -> Principal:
        name = f"jwt:{claims['sub']}"
        if len(name) > MAX_NAME or not name.isprintable():
            raise jwt.InvalidTokenError
        granted = {*_words(claims.get("scope")), *_words(claims.get("scp"))}
        return Principal(name, frozenset(right for right in RIGHTS if right in granted))


def _words(claim: object) -> Iterable[str]:
    """RFC 8693 writes scopes as one string, others as a list."""
    if isinstance(claim, str):
        return claim.split()
    return [word for word in claim if isinstance(word, str)] if isinstance(claim, list) else ()
