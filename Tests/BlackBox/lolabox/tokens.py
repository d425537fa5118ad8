"""Verification of the gateway's ES256 tokens against its published keys."""

from __future__ import annotations

import base64
import hashlib
import json

import jwt

from .gateway import Gateway
from .stubs.server import Received


def published_keys(gateway: Gateway) -> dict[str, dict]:
    answer = gateway.get("/.well-known/jwks.json")
    assert answer.status == 200
    return {key["kid"]: key for key in answer.json()["keys"]}


def thumbprint(key: dict) -> str:
    """RFC 7638."""
    text = json.dumps({name: key[name] for name in ("crv", "kty", "x", "y")}, separators=(",", ":"), sort_keys=True)
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()


def agent_claims(gateway: Gateway, request: Received, agent: str) -> dict:
    """The verified claims of the bearer token of a request to an agent."""
    scheme, _, token = (request.header("Authorization") or "").partition(" ")
    assert scheme == "Bearer"
    header = jwt.get_unverified_header(token)
    assert header["alg"] == "ES256" and header["typ"] == "JWT", header
    key = jwt.PyJWK(published_keys(gateway)[header["kid"]])
    return jwt.decode(token, key, algorithms=["ES256"], audience=agent,
                      options={"require": ["exp", "iat", "aud", "iss"]})
