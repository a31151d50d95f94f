"""Pages to look into a sandbox: they show what there is, and nothing that it says becomes markup."""

from __future__ import annotations

import base64
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

import httpx
import pytest

from pygen.sandbox import Sandbox
from tests.contract.exchange import exchanges

HOSTILE = "<script>alert(1)</script>\"'&\x00\u202e"


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """The pump station of the recorded exchanges."""
    with Sandbox() as made:
        client = browser(made, base=f"http://sandbox/api/v1/projects/{made.project}", token="any")
        for name in ("spaces", "containers", "views", "datamodels", "instances_apply"):
            first = exchanges(name)[0]
            assert 200 == client.post(first["path"], json=first["request"]).status_code
        yield made


def browser(sandbox: Sandbox, base: str = "http://sandbox", token: str = "") -> httpx.Client:
    """A client that brings what a browser brings."""
    headers = {"authorization": f"Bearer {token}"} if token else {}
    return httpx.Client(base_url=base, transport=sandbox.transport(), headers=headers)


class Links(HTMLParser):
    """The tags of a page, and where its links lead."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.tags: set[str] = set()
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        """Note a tag."""
        self.tags.add(tag)
        self.found += [value for name, value in attrs if tag == "a" and name == "href"]


def test_every_link_leads_somewhere(sandbox: Sandbox) -> None:
    """From the start to models, views and instances, without a token."""
    client, seen, waiting = browser(sandbox), set[str](), ["/"]
    while waiting:
        where = waiting.pop()
        seen.add(where)
        page = client.get(where)
        assert (200, "text/html; charset=utf-8") == (page.status_code, page.headers["content-type"])
        waiting += [link for link in Links(page.text).found if link not in seen and link not in waiting]
    assert "/browse/sandbox/model/ops_model/PumpStation/v1" in seen
    assert {"/browse/sandbox/view/ops_model/Pump/v1", "/browse/sandbox/view/ops_model/MaintenanceLink/v1"} <= seen


def test_a_model_is_drawn(sandbox: Sandbox) -> None:
    """The picture is well-formed, with a box for each view and the names of connections."""
    page = browser(sandbox).get("/browse/sandbox/model/ops_model/PumpStation/v1").text
    picture = page[page.index("<svg") : page.index("</svg>") + len("</svg>")]
    texts = [element.text for element in ET.fromstring(picture).iter("{http://www.w3.org/2000/svg}text")]
    assert {"Pump", "Site", "Technician", "tag: text", "aliases: text[]"} <= set(texts)
    assert any("maintainedBy" in (text or "") for text in texts)


def test_instances_are_shown(sandbox: Sandbox) -> None:
    """Values as people read them; missing ones are told apart from empty ones."""
    page = browser(sandbox).get("/browse/sandbox/view/ops_model/Pump/v1").text
    for words in ("ops_data:pump:P-101", "12.5", "ops_data:site:north", '<span class="n">null</span>'):
        assert words in page


def test_whatever_is_said_stays_text(sandbox: Sandbox) -> None:
    """Names and values cannot become markup, and scripts could not run anyway."""
    client = browser(sandbox, f"http://sandbox/api/v1/projects/{sandbox.project}", "any")
    model = {"space": "ops_model", "externalId": "Evil", "version": "v1", "name": HOSTILE.replace("\x00", "")}
    assert 200 == client.post("/models/datamodels", json={"items": [model | {"views": []}]}).status_code
    view = {"type": "view", "space": "ops_model", "externalId": "Site", "version": "v1"}
    node = {
        "instanceType": "node",
        "space": "ops_data",
        "externalId": HOSTILE.replace("\x00", ""),
        "sources": [{"source": view, "properties": {"name": HOSTILE.replace("\x00", "")}}],
    }
    assert 200 == client.post("/models/instances", json={"items": [node]}).status_code
    for where in ("/", "/browse/sandbox/model/ops_model/Evil/v1", "/browse/sandbox/view/ops_model/Site/v1"):
        page = browser(sandbox).get(where)
        assert "script" not in Links(page.text).tags
        assert "default-src 'none'" in page.headers["content-security-policy"]


def test_instances_are_paged(sandbox: Sandbox) -> None:
    """Fifty a page, each once."""
    client = browser(sandbox, f"http://sandbox/api/v1/projects/{sandbox.project}", "any")
    view = {"type": "view", "space": "ops_model", "externalId": "Site", "version": "v1"}
    sources = [{"source": view, "properties": {"name": "S"}}]
    items = [
        {"instanceType": "node", "space": "ops_data", "externalId": f"site-{n:03}", "sources": sources}
        for n in range(120)
    ]
    assert 200 == client.post("/models/instances", json={"items": items}).status_code
    where, shown = "/browse/sandbox/view/ops_model/Site/v1", list[str]()
    for _ in range(4):
        page = browser(sandbox).get(where).text
        shown += [f"site-{n:03}" for n in range(120) if f"ops_data:site-{n:03}<" in page]
        more = [link for link in Links(page).found if "cursor=" in link]
        if not more:
            break
        (where,) = more
    assert [f"site-{n:03}" for n in range(120)] == shown


@pytest.mark.parametrize(
    ("where", "status"),
    [
        ("/browse/nowhere/model/a/b/c", 404),
        ("/browse/sandbox/model/a/b/c", 404),
        ("/browse/sandbox/view/a/b/c", 400),
        ("/browse/sandbox/view/ops_model/Pump/v1?cursor=x", 400),
        ("/browse/", 404),
    ],
)
def test_what_is_not_there_is_said(sandbox: Sandbox, where: str, status: int) -> None:
    """A page that is not there, and a cursor that is none, are answered as requests are."""
    assert status == browser(sandbox).get(where).status_code


def test_a_demanded_token_is_the_password() -> None:
    """Then pages are for those who know it."""
    with Sandbox(token="secret") as made, browser(made) as client:
        assert (401, 'Basic realm="pygen sandbox"') == (
            client.get("/").status_code,
            client.get("/").headers["www-authenticate"],
        )
        assert 401 == client.get("/", auth=("me", "wrong")).status_code
        assert 200 == client.get("/", auth=("me", "secret")).status_code
        broken = base64.b64encode(b"\xff\xfe").decode()
        assert 401 == client.get("/", headers={"authorization": f"Basic {broken}"}).status_code
