"""A certificate for 127.0.0.1 and localhost which nobody trusts, with its (worthless) key.

Made with ``openssl req -new -x509 -days 36500``; used by tests only.
"""

from __future__ import annotations

import ssl
from pathlib import Path

PEM = """\
-----BEGIN EC PRIVATE KEY-----
MHcCAQEEIDMknPvKT37vlvf67foRBeGfq9wxuUbJI5/Rnugx0xcooAoGCCqGSM49
AwEHoUQDQgAEqTLEdBiNBMjbwNGV0VY4n7q9nZf9XuiNyz1lx+A4PCQWWzsvwiZK
tmecaFkqVdfvbDAImy4pz4MCO+UPsjzHLA==
-----END EC PRIVATE KEY-----
-----BEGIN CERTIFICATE-----
MIIBuzCCAWGgAwIBAgIUMCsFdIZ4QWAmOdl5eEcYY5EHqDUwCgYIKoZIzj0EAwIw
HDEaMBgGA1UEAwwRYSB0ZXN0IG9mIEltZzJTVEwwIBcNMjYxMTI3MTUwMzU2WhgP
MjEyNjExMDMxNTAzNTZaMBwxGjAYBgNVBAMMEWEgdGVzdCBvZiBJbWcyU1RMMFkw
EwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEqTLEdBiNBMjbwNGV0VY4n7q9nZf9XuiN
yz1lx+A4PCQWWzsvwiZKtmecaFkqVdfvbDAImy4pz4MCO+UPsjzHLKN/MH0wHQYD
VR0OBBYEFBM2YJn3VKps71dyV2LC5c6oOTEuMB8GA1UdIwQYMBaAFBM2YJn3VKps
71dyV2LC5c6oOTEuMBoGA1UdEQQTMBGHBH8AAAGCCWxvY2FsaG9zdDAPBgNVHRMB
Af8EBTADAQH/MA4GA1UdDwEB/wQEAwIChDAKBggqhkjOPQQDAgNIADBFAiEAlTxU
SyEwtmmEr8TsutMdYhrqX/DvI4Z12uhkkutnc5cCIEInOeb4DkIA41u0NFhB50Dx
zuuCJCyhNBdm+3cBTdXC
-----END CERTIFICATE-----
"""


def write(path: Path) -> Path:
    """As a file, which is key, certificate and authority at once."""
    path.write_text(PEM, encoding="ascii")
    return path


def for_servers(path: Path) -> ssl.SSLContext:
    """Of a server that shows this certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(write(path))
    return context
