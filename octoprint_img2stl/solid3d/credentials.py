"""The key of an endpoint: how it is sent, and how it is kept out of every sentence."""

from __future__ import annotations

import base64

from .endpoint import Endpoint

SHORTEST_HIDDEN = 4  # what is shorter would be found in every other word


def headers_of(endpoint: Endpoint) -> dict[str, str]:
    """What a request to the endpoint's own origin carries; empty where its driver logs in."""
    secret = endpoint.secret.strip()
    if not secret or endpoint.auth in ("none", "login"):
        return {}
    if endpoint.auth == "bearer":
        return {"Authorization": f"Bearer {secret}"}
    if endpoint.auth == "key":
        return {"Authorization": f"Key {secret}"}
    if endpoint.auth == "basic":
        return {"Authorization": f"Basic {_pair(endpoint)}"}
    return {endpoint.user: secret}


def secrets_of(endpoint: Endpoint) -> tuple[str, ...]:
    """All texts that nobody may see; servers like to quote a key they do not know."""
    secret = endpoint.secret.strip()
    return (_pair(endpoint), secret) if len(secret) >= SHORTEST_HIDDEN else ()


def without(text: str, secrets: tuple[str, ...]) -> str:
    """The text with each of the secrets replaced."""
    for secret in secrets:
        text = text.replace(secret, "…")
    return text


def _pair(endpoint: Endpoint) -> str:
    return base64.b64encode(
        f"{endpoint.user}:{endpoint.secret.strip()}".encode()
    ).decode()
