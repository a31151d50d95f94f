"""
A server of canned pages: answers lists and upserts of nodes from memory, so that a benchmark measures its client.

    python benchmarks/canned_server.py [--plain] [--assets] [--latency-ms 0]

It prints its address and runs until its standard input ends. The project in the path says how many rows a list has:
`/api/v1/projects/rows-100000/models/instances/list`. Pages hold 1,000 nodes of 18 properties each; a few distinct
pages were encoded beforehand and come round again, and the cursor is the number of the page. Answers are compressed
where the client takes that.
"""

from __future__ import annotations

import argparse
import asyncio
import gzip
import json
import re
import struct
import sys
import zlib
from dataclasses import dataclass
from typing import Any, NamedTuple

from canned_rows import ASSET_VIEW, PAGE, SPACE, VIEW, asset, external_id, record

_DISTINCT_PAGES = 20


def _node(number: int, *, assets: bool) -> dict[str, Any]:
    """A node as a list answers it (dms-api.md 4.2)."""
    space, view, version = ASSET_VIEW if assets else VIEW
    return {
        "instanceType": "node",
        "version": 1,
        "space": SPACE,
        "externalId": external_id(number),
        "createdTime": 1767225700000 + number,
        "lastUpdatedTime": 1767225705000 + number,
        "type": {"space": space, "externalId": view},
        "properties": {space: {f"{view}/{version}": asset(number) if assets else record(number)}},
    }


class _Page(NamedTuple):
    """
    The start of an answer: all of it but the cursor.

    Attributes:
        plain: The text.
        deflated: The same compressed, up to a byte boundary and without the end of the stream.
        checksum: The CRC-32 of the text.
    """

    plain: bytes
    deflated: bytes
    checksum: int

    @classmethod
    def of(cls, number: int, *, assets: bool) -> _Page:
        """Encode a page."""
        nodes = [_node(number * PAGE + index, assets=assets) for index in range(PAGE)]
        plain = b'{"items":' + json.dumps(nodes, separators=(",", ":")).encode()
        squeeze = zlib.compressobj(6, zlib.DEFLATED, -zlib.MAX_WBITS)
        deflated = squeeze.compress(plain) + squeeze.flush(zlib.Z_FULL_FLUSH)
        return cls(plain, deflated, zlib.crc32(plain))

    def gzip(self, end: bytes) -> bytes:
        """The whole answer compressed; only *end* has to be compressed for it."""
        squeeze = zlib.compressobj(1, zlib.DEFLATED, -zlib.MAX_WBITS)
        checks = struct.pack("<II", zlib.crc32(end, self.checksum), len(self.plain) + len(end))
        start = b"\x1f\x8b\x08\0\0\0\0\0\0\xff"
        return b"".join([start, self.deflated, squeeze.compress(end), squeeze.flush(), checks])


@dataclass(frozen=True, slots=True)
class _Request:
    """One request, its body inflated."""

    method: str
    path: str
    takes_gzip: bool
    body: bytes


_REQUEST_LINE = re.compile(rb"([A-Z]+) (\S+) HTTP/1\.1\r\n")
_LENGTH = re.compile(rb"(?i)\r\ncontent-length: *(\d+)")
_SENT_GZIP = re.compile(rb"(?i)\r\ncontent-encoding: *gzip")
_TAKES_GZIP = re.compile(rb"(?i)\r\naccept-encoding:[^\r]*gzip")
_PATH = re.compile(r"/api/v1/projects/rows-(\d+)/models/instances(/list)?")
_LIMIT = re.compile(rb'"limit": *1000\b')
_CURSOR = re.compile(rb'"cursor": *"(\d+)"')
_EXTERNAL_ID = re.compile(rb'"(node-\d{8})"')


class _Canned:
    """The answers."""

    def __init__(self, *, compressed: bool, assets: bool) -> None:
        self._compressed = compressed
        self._pages = [_Page.of(number, assets=assets) for number in range(_DISTINCT_PAGES)]

    def answer(self, request: _Request) -> bytes:
        """The bytes that answer a request."""
        match = _PATH.fullmatch(request.path)
        if match is None or request.method != "POST":
            return self._error(404, f"{request.method} {request.path} has no canned answer")
        compressed = self._compressed and request.takes_gzip
        if not match[2]:
            return self._applied(request.body, compressed=compressed)
        if not _LIMIT.search(request.body):
            return self._error(400, f"canned pages have {PAGE} rows; ask for that many")
        return self._listed(request.body, int(match[1]), compressed=compressed)

    def _listed(self, body: bytes, rows: int, *, compressed: bool) -> bytes:
        cursor = _CURSOR.search(body)
        following = int(cursor[1]) + 1 if cursor else 1
        page = self._pages[(following - 1) % _DISTINCT_PAGES]
        end = b',"nextCursor":"%d"}' % following if following * PAGE < rows else b"}"
        return _response(page.gzip(end) if compressed else page.plain + end, compressed=compressed)

    def _applied(self, body: bytes, *, compressed: bool) -> bytes:
        """Every node was created (dms-api.md 4.1)."""
        items = b",".join(
            b'{"instanceType":"node","version":1,"wasModified":true,"space":"%b","externalId":"%b",'
            b'"createdTime":1767225700000,"lastUpdatedTime":1767225700000}' % (SPACE.encode(), found)
            for found in _EXTERNAL_ID.findall(body)
        )
        content = b'{"items":[%b],"deleted":[]}' % items
        return _response(gzip.compress(content, 1) if compressed else content, compressed=compressed)

    def _error(self, status: int, message: str) -> bytes:
        body = json.dumps({"error": {"code": status, "message": message}}).encode()
        return _response(body, status=status)


def _response(body: bytes, *, status: int = 200, compressed: bool = False) -> bytes:
    head = [
        b"HTTP/1.1 %d Canned" % status,
        b"Content-Type: application/json",
        b"x-request-id: canned",
        b"Content-Length: %d" % len(body),
    ]
    if compressed:
        head.append(b"Content-Encoding: gzip")
    return b"\r\n".join([*head, b"", body])


class _Connection(asyncio.Protocol):
    """Reads requests and writes their answers, one after the other."""

    def __init__(self, canned: _Canned, latency_s: float) -> None:
        self._canned = canned
        self._latency_s = latency_s
        self._pending = bytearray()
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way back."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer every request that is complete."""
        self._pending += data
        while (request := self._take()) is not None:
            content = self._canned.answer(request)
            if self._latency_s:
                asyncio.get_running_loop().call_later(self._latency_s, self._transport.write, content)
            else:
                self._transport.write(content)

    def _take(self) -> _Request | None:
        """The next request, once all of it is there."""
        end = self._pending.find(b"\r\n\r\n")
        if end < 0:
            return None
        head = bytes(self._pending[: end + 2])
        length = _LENGTH.search(head)
        stop = end + 4 + (int(length[1]) if length else 0)
        if len(self._pending) < stop:
            return None
        body = bytes(self._pending[end + 4 : stop])
        del self._pending[:stop]
        line = _REQUEST_LINE.match(head)
        assert line is not None, f"not HTTP/1.1: {head!r}"
        if _SENT_GZIP.search(head):
            body = gzip.decompress(body)
        return _Request(line[1].decode(), line[2].decode(), _TAKES_GZIP.search(head) is not None, body)


async def _serve(canned: _Canned, latency_s: float) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Connection(canned, latency_s), "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()
    print(f"http://{host}:{port}", flush=True)
    await asyncio.to_thread(sys.stdin.read)
    server.close()


def main() -> None:
    """Serve."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--plain", action="store_true", help="never compress answers")
    parser.add_argument("--assets", action="store_true", help="nodes are assets of the core data model")
    parser.add_argument("--latency-ms", type=float, default=0, help="how long every answer is held back")
    arguments = parser.parse_args()
    canned = _Canned(compressed=not arguments.plain, assets=arguments.assets)
    asyncio.run(_serve(canned, arguments.latency_ms / 1000))


if __name__ == "__main__":
    main()
