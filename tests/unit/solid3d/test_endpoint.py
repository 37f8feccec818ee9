"""What an endpoint may be described as."""

import pytest

from octoprint_img2stl.solid3d.endpoint import Endpoint, is_public, origin_of
from octoprint_img2stl.solid3d.refused import SolidRefused

GOOD = {"id": "one", "name": "My PC", "driver": "hunyuan", "url": "http://192.168.1.9:81"}


def described(**changed):
    return Endpoint.from_json({**GOOD, **changed})


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:8081",
        "http://192.168.1.20",
        "http://[::1]:8081/base",
        "http://100.101.102.103:8081",  # a private mesh over the internet
        "http://my-pc.local:8081",
        "https://example.org/api/",
        "HTTPS://Example.ORG",
    ],
)
def test_addresses_that_may_be(url):
    assert described(url=url).url == url.rstrip("/")


@pytest.mark.parametrize(
    "url",
    [
        "",
        "example.org",
        "ftp://192.168.1.1",
        "file:///etc/passwd",
        "http://",
        "http://192.168.1.1:99999",
        "http://192.168.1.1:0",
        "http://me:secret@192.168.1.1",
        "http://192.168.1.1/?key=1",
        "http://192.168.1.1/#x",
        "http://192.168.1.1/a b",
        "http://192.168.1.1/\tx",
        "http://192.168.1.1\n.example.org",
        "javascript:alert(1)",
    ],
)
def test_addresses_that_may_not_be(url):
    with pytest.raises(SolidRefused) as refused:
        described(url=url)
    assert refused.value.problem.field == "endpoint.url"


@pytest.mark.parametrize("url", ["http://8.8.8.8", "http://[::ffff:8.8.8.8]:80"])
def test_plain_http_over_the_internet_is_refused(url):
    with pytest.raises(SolidRefused) as refused:
        described(url=url)
    assert refused.value.code == "solid.plain_http"
    assert is_public("8.8.8.8") and not is_public("example.org")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("id", "../x"),
        ("id", ""),
        ("name", ""),
        ("name", "x" * 61),
        ("auth", "magic"),
        ("max_mb", "many"),
        ("max_mb", 10**400),
        ("deadline_min", -1),
        ("age_limit_days", float("nan")),
        ("ca_file", "ca.pem"),
    ],
)
def test_fields_that_cannot_be(name, value):
    with pytest.raises(SolidRefused) as refused:
        described(**{name: value})
    assert refused.value.problem.field == f"endpoint.{name}"


def test_a_header_needs_its_name_and_options_an_end():
    with pytest.raises(SolidRefused) as refused:
        described(auth="header", user="X-Key: y\r\nHost")
    assert refused.value.problem.field == "endpoint.user"
    assert described(auth="header", user="X-API-Key").user == "X-API-Key"
    with pytest.raises(SolidRefused) as refused:
        described(options={"workflow": "x" * 500_000})
    assert refused.value.problem.field == "endpoint.options"


def test_the_secret_is_never_told():
    endpoint = described().with_secret("s3cret")
    assert "s3cret" not in repr(endpoint) and "s3cret" not in str(endpoint.to_json())
    assert Endpoint.from_json({**endpoint.to_json(), "secret": "x"}).secret == ""
    assert endpoint.secret == "s3cret"


def test_what_it_is_called():
    endpoint = described(url="http://192.168.1.9:81/base")
    assert endpoint.host == "192.168.1.9:81" and endpoint.is_plain
    assert endpoint.origin == "http://192.168.1.9:81"
    assert origin_of("HTTPS://Example.org/x") == "https://example.org:443"
    assert Endpoint.from_json(endpoint.to_json()) == endpoint
