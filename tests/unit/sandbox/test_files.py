"""Files: those of nodes and those of their own, and the links that their contents go over."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from tests.support.sandbox_classic import MIDNIGHT, Json, Plant, exchanges


@pytest.fixture
def plant() -> Iterator[Plant]:
    """A plant at midnight."""
    with Plant() as made:
        yield made


def node_file(plant: Plant, name: str = "manual_P101", **properties: str) -> Json:
    """A node with a file; what names it."""
    return plant.write_node(name, "CogniteFile", {**properties})


def upload_url(plant: Plant, key: Json) -> str:
    """Where the content of a file goes."""
    (item,) = plant.ask("/files/uploadlink", {"items": [key]})["items"]
    url: str = item["uploadUrl"]
    return url


def download_url(plant: Plant, key: Json, **params: bool) -> str:
    """Where the content of a file comes from."""
    (item,) = plant.ask("/files/downloadlink", {"items": [key]}, **params)["items"]
    url: str = item["downloadUrl"]
    return url


def upload(plant: Plant, key: Json, content: bytes, content_type: str = "text/plain") -> httpx.Response:
    """Give a file its content."""
    return plant.client.put(upload_url(plant, key), content=content, headers={"content-type": content_type})


def read(plant: Plant, key: Json) -> Json:
    """What is known of a file."""
    (found,) = plant.ask("/files/byids", {"items": [key]})["items"]
    return found  # type: ignore[no-any-return]  # JSON


def test_recorded_exchanges_are_answered_as_recorded(plant: Plant) -> None:
    """The service's own numbers and links aside; the download needs an upload before it."""
    key = plant.write_node(
        "manual_P101", "CogniteFile", {"mimeType": "application/pdf"}, description={"name": "manual.pdf"}
    )
    for exchange in exchanges("files"):
        if exchange["path"] == "/files/downloadlink":
            upload(plant, key, b"%PDF")
        response = plant.post(exchange["path"], exchange["request"], **exchange.get("query", {}))
        assert exchange["status"] == response.status_code
        (wanted,), (found,) = exchange["response"]["items"], response.json()["items"]
        chosen = {"id", "createdTime", "lastUpdatedTime", "uploadUrl", "downloadUrl"}
        assert wanted.keys() == found.keys()
        assert {name: wanted[name] for name in wanted.keys() - chosen} == {
            name: found[name] for name in found.keys() - chosen
        }


def test_a_fresh_file_node_has_a_file_without_content(plant: Plant) -> None:
    """It is called untitled until the node has a name."""
    found = read(plant, node_file(plant))
    assert ("untitled", False) == (found["name"], found["uploaded"])
    assert "uploadedTime" not in found


def test_content_comes_back_as_it_was_sent(plant: Plant) -> None:
    """Neither way needs a token; the media type is that of the upload where the file has none."""
    key = node_file(plant)
    content = bytes(range(256)) * 100
    assert 200 == upload(plant, key, content, "application/x-thing").status_code
    response = plant.client.get(download_url(plant, key))
    assert (200, content) == (response.status_code, response.content)
    assert "application/x-thing" == response.headers["content-type"]
    assert "authorization" not in response.request.headers


def test_the_media_type_of_the_file_comes_first(plant: Plant) -> None:
    """Whatever the upload said."""
    key = node_file(plant, mimeType="application/pdf")
    upload(plant, key, b"%PDF", "text/plain")
    assert "application/pdf" == plant.client.get(download_url(plant, key)).headers["content-type"]


def test_a_node_knows_when_its_content_came(plant: Plant) -> None:
    """The properties that only the service writes are set, and the node counts a change."""
    key = node_file(plant)
    plant.now += 1000
    upload(plant, key, b"x")
    assert (True, MIDNIGHT + 1000) == (read(plant, key)["uploaded"], read(plant, key)["uploadedTime"])
    come = "2026-01-01T00:00:01Z"
    told = [("isUploaded", True), ("uploadedTime", come)]
    filters = [{"equals": {"property": ["cdf_cdm", "CogniteFile", name], "value": value}} for name, value in told]
    (node,) = plant.ask("/models/instances/list", {"filter": {"and": filters}})["items"]
    assert ("manual_P101", 2) == (node["externalId"], node["version"])


def test_another_upload_replaces_the_content(plant: Plant) -> None:
    """The file has the last one."""
    key = node_file(plant)
    upload(plant, key, b"first")
    upload(plant, key, b"second")
    assert b"second" == plant.client.get(download_url(plant, key)).content


def test_a_file_of_its_own_is_created_with_a_link(plant: Plant) -> None:
    """And read by what its creator calls it."""
    response = plant.post("/files", {"externalId": "a", "name": "a.txt", "mimeType": "text/plain"})
    assert 201 == response.status_code
    assert plant.client.put(response.json()["uploadUrl"], content=b"hello").is_success
    found = read(plant, {"externalId": "a"})
    assert ("a.txt", "text/plain", True) == (found["name"], found["mimeType"], found["uploaded"])
    assert 409 == plant.refused("/files", {"externalId": "a", "name": "b.txt"})[0]


def test_content_goes_with_its_node(plant: Plant) -> None:
    """A node that is deleted and written again has a file without content, and old links lead nowhere."""
    key = node_file(plant)
    upload(plant, key, b"x")
    link = download_url(plant, key)
    plant.delete_node("manual_P101")
    assert 403 == plant.client.get(link).status_code
    node_file(plant)
    assert False is read(plant, key)["uploaded"]


class TestLinks:
    """Who has one may use it, for one purpose, for a while."""

    def test_they_lead_to_where_they_were_asked_for(self, plant: Plant) -> None:
        """The address is that of the request."""
        assert upload_url(plant, node_file(plant)).startswith("http://plant.example/_sandbox/files/sandbox/")

    def test_each_is_another(self, plant: Plant) -> None:
        """And long enough not to be guessed."""
        key = node_file(plant)
        first, second = (upload_url(plant, key).partition("token=")[2] for _ in range(2))
        assert first != second
        assert 40 < len(first)

    def test_one_for_the_upload_does_not_download(self, plant: Plant) -> None:
        """Nor the other way round."""
        key = node_file(plant)
        up = upload_url(plant, key)
        upload(plant, key, b"x")
        down = download_url(plant, key)
        assert (403, 403) == (plant.client.get(up).status_code, plant.client.put(down, content=b"y").status_code)
        assert 405 == plant.client.delete(down).status_code

    @pytest.mark.parametrize(
        "url", ["/_sandbox/files/sandbox/1?token=x", "/_sandbox/files/other/1", "/_sandbox/files/"]
    )
    def test_one_that_was_not_given_is_refused(self, plant: Plant, url: str) -> None:
        """Whether there is such a file or not."""
        response = plant.client.get(url)
        assert (403, 403) == (response.status_code, response.json()["error"]["code"])

    @pytest.mark.parametrize(("extended", "lifetime_s"), [(False, 30), (True, 3600)])
    def test_downloads_expire(self, plant: Plant, extended: bool, lifetime_s: int) -> None:
        """After half a minute, or an hour if so asked."""
        key = node_file(plant)
        upload(plant, key, b"x")
        link = download_url(plant, key, extendedExpiration=extended)
        plant.now += lifetime_s * 1000 - 1
        assert 200 == plant.client.get(link).status_code
        plant.now += 1
        assert 403 == plant.client.get(link).status_code

    def test_uploads_expire_after_a_week(self, plant: Plant) -> None:
        """Until then they work more than once."""
        link = upload_url(plant, node_file(plant))
        plant.now += 7 * 86_400_000 - 1
        assert [200, 200] == [plant.client.put(link, content=b"x").status_code for _ in range(2)]
        plant.now += 1
        assert 403 == plant.client.put(link, content=b"x").status_code

    def test_the_token_is_not_in_the_path(self, plant: Plant) -> None:
        """Paths are logged."""
        url = httpx.URL(upload_url(plant, node_file(plant)))
        assert url.params["token"] not in url.path


class TestParts:
    """Content in parts."""

    def test_parts_become_one_in_their_order(self, plant: Plant) -> None:
        """Whatever the order in which they come."""
        key = node_file(plant)
        (found,) = plant.ask("/files/multiuploadlink", {"items": [key]}, parts=3)["items"]
        for link, content in reversed(list(zip(found["uploadUrls"], [b"one ", b"two ", b"three"], strict=True))):
            assert 200 == plant.client.put(link, content=content).status_code
        assert False is read(plant, key)["uploaded"]
        assert {} == plant.ask("/files/completemultipartupload", {**key, "uploadId": found["uploadId"]})
        assert b"one two three" == plant.client.get(download_url(plant, key)).content

    def test_a_part_may_be_sent_again(self, plant: Plant) -> None:
        """The last one counts."""
        key = node_file(plant)
        (found,) = plant.ask("/files/multiuploadlink", {"items": [key]}, parts=1)["items"]
        for content in (b"bad", b"good"):
            plant.client.put(found["uploadUrls"][0], content=content)
        plant.ask("/files/completemultipartupload", {**key, "uploadId": found["uploadId"]})
        assert b"good" == plant.client.get(download_url(plant, key)).content

    def test_all_parts_are_needed(self, plant: Plant) -> None:
        """Missing ones are named, and the upload is not over."""
        key = node_file(plant)
        (found,) = plant.ask("/files/multiuploadlink", {"items": [key]}, parts=2)["items"]
        plant.client.put(found["uploadUrls"][0], content=b"a")
        completion = {**key, "uploadId": found["uploadId"]}
        status, message = plant.refused("/files/completemultipartupload", completion)
        assert (400, True) == (status, message.endswith("number 2"))
        plant.client.put(found["uploadUrls"][1], content=b"b")
        plant.ask("/files/completemultipartupload", completion)

    def test_an_upload_that_is_not_completed_is_forgotten(self, plant: Plant) -> None:
        """With its links, after a week."""
        key = node_file(plant)
        (found,) = plant.ask("/files/multiuploadlink", {"items": [key]}, parts=1)["items"]
        plant.client.put(found["uploadUrls"][0], content=b"a")
        plant.now += 7 * 86_400_000
        upload_url(plant, key)
        completion = {**key, "uploadId": found["uploadId"]}
        assert 400 == plant.refused("/files/completemultipartupload", completion)[0]

    def test_an_upload_is_completed_once(self, plant: Plant) -> None:
        """And only with its own file."""
        key, other = node_file(plant), node_file(plant, "other")
        (found,) = plant.ask("/files/multiuploadlink", {"items": [key]}, parts=1)["items"]
        plant.client.put(found["uploadUrls"][0], content=b"a")
        for each, status in ((other, 400), (key, 200), (key, 400)):
            body = {**each, "uploadId": found["uploadId"]}
            assert status == plant.post("/files/completemultipartupload", body).status_code

    @pytest.mark.parametrize("parts", ["0", "251", "many", "-1", ""])
    def test_there_are_1_to_250_parts(self, plant: Plant, parts: str) -> None:
        """Anything else is refused."""
        key = node_file(plant)
        assert 400 == plant.refused("/files/multiuploadlink", {"items": [key]}, parts=parts)[0]


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ([{"externalId": "a"}, {"externalId": "b"}], "Files ids not found: a, b"),
        ([{"id": 1}, {"id": 2}], "File ids not found: 1, 2"),
        ([{"instanceId": {"space": "s", "externalId": "x"}}], "Files ids not found: s:x"),
    ],
)
def test_what_does_not_exist_is_named(plant: Plant, keys: list[Json], message: str) -> None:
    """Unless unknown ones are to be ignored."""
    error = plant.post("/files/byids", {"items": keys}).json()["error"]
    assert {"code": 400, "message": message, "missing": keys} == error
    assert {"items": []} == plant.ask("/files/byids", {"items": keys, "ignoreUnknownIds": True})


@pytest.mark.parametrize(
    ("key", "message"), [({"id": 1}, "Duplicate ids: 1"), ({"externalId": "x"}, "Duplicate external ids: x")]
)
def test_none_may_be_named_twice(plant: Plant, key: Json, message: str) -> None:
    """It is a conflict."""
    response = plant.post("/files/byids", {"items": [key, key]})
    assert {"error": {"code": 409, "message": message, "duplicated": [key]}} == response.json()


def test_a_file_without_content_has_no_download(plant: Plant) -> None:
    """The file is named."""
    key = node_file(plant)
    status, message = plant.refused("/files/downloadlink", {"items": [key]})
    assert (400, True) == (status, str(read(plant, key)["id"]) in message)


def test_an_upload_is_for_one_file(plant: Plant) -> None:
    """No more can be asked for at once."""
    keys = [node_file(plant, "a"), node_file(plant, "b")]
    assert 400 == plant.refused("/files/uploadlink", {"items": keys})[0]


def test_links_work_behind_a_port(plant: Plant) -> None:
    """They name it."""
    key = node_file(plant)
    url = f"{plant.sandbox.base_url}/api/v1/projects/sandbox/files/uploadlink"
    with httpx.Client() as client:
        answer = client.post(url, json={"items": [key]}, headers={"authorization": "Bearer any"}).json()
        link = answer["items"][0]["uploadUrl"]
        assert link.startswith(plant.sandbox.base_url)
        assert client.put(link, content=b"over the wire").is_success
    assert b"over the wire" == plant.client.get(download_url(plant, key)).content
