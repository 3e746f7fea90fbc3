"""An issuer of tokens, with keys of its own, and an address at which it publishes them."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

ISSUER = "https://login.example"
AUDIENCE = "triton-vision"


class Signer:
    """One key: `token` signs with it, `public` is its entry in a JWKS."""

    def __init__(self, kid: str, algorithm: str = "RS256") -> None:
        self.kid, self.algorithm = kid, algorithm
        if algorithm.startswith("RS"):
            self.private: Any = rsa.generate_private_key(public_exponent=65537, key_size=2048)
            made = RSAAlgorithm.to_jwk(self.private.public_key(), as_dict=True)
        else:
            self.private = ec.generate_private_key(ec.SECP256R1())
            made = ECAlgorithm.to_jwk(self.private.public_key(), as_dict=True)
        self.public = {**made, "kid": kid, "alg": algorithm, "use": "sig"}

    def token(self, *, kid: str | None = None, **claims: Any) -> str:
        """Make one that is good unless `claims` say otherwise; None leaves a claim out."""
        good = {"iss": ISSUER, "aud": AUDIENCE, "sub": "ada", "exp": time.time() + 86_400, "scope": "infer jobs stream"}
        wanted = {name: value for name, value in {**good, **claims}.items() if value is not None}
        return jwt.encode(wanted, self.private, self.algorithm, headers={"kid": kid or self.kid})


def jwks(*signers: Signer) -> str:
    return json.dumps({"keys": [signer.public for signer in signers]})


@dataclass
class Published:
    """What the address answers, how often it was asked, and where it is."""

    document: str
    status: int = 200
    asked: int = 0
    url: str = field(default="")

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        self.asked += 1
        body = self.document.encode()
        head = f"HTTP/1.1 {self.status} x\r\ncontent-length: {len(body)}\r\nconnection: close\r\n\r\n"
        writer.write(head.encode() + body)
        await writer.drain()
        writer.close()


@asynccontextmanager
async def publishing(document: str) -> AsyncIterator[Published]:
    published = Published(document)
    server = await asyncio.start_server(published.answer, "127.0.0.1", 0)
    published.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/jwks"
    async with server:
        yield published
