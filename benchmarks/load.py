"""A load of HTTP requests that costs little itself; a process of its own, so that it disturbs less.

`python -m benchmarks.load PORT BODIES SECONDS CONNECTIONS RATE` prints one JSON document. RATE 0 keeps
every connection busy; otherwise so many a second are sent at even intervals, and a late answer counts
from the moment when it was due to be sent.
"""

import asyncio
import json
import sys
import time
from collections import deque
from pathlib import Path

HEAD = (
    "POST /api/v1/requests HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    "Idempotency-Key: {key}\r\nContent-Length: {size}\r\n\r\n"
)


class Connection(asyncio.Protocol):
    """One connection that is kept, with at most one request on its way."""

    def __init__(self, load):
        self.load = load
        self.got = b""

    def connection_made(self, transport):
        self.transport = transport
        self.load.free(self)

    def send(self, message, due):
        self.due, self.got = due, b""
        self.transport.write(message)

    def data_received(self, data):
        self.got += data
        head, separator, body = self.got.partition(b"\r\n\r\n")
        if not separator:
            return
        length = next(
            (
                int(line[15:])
                for line in head.split(b"\r\n")
                if line.lower().startswith(b"content-length:")
            ),
            None,
        )
        done = len(body) >= length if length is not None else body.endswith(b"0\r\n\r\n")
        if done:
            self.load.answered(self, int(head[9:12]), time.perf_counter() - self.due)
            self.load.free(self)


class Load:
    """What is sent, what came back, how long it took."""

    def __init__(self, bodies, rate):
        self.bodies, self.rate, self.sent = bodies, rate, 0
        self.waiting, self.idle, self.seconds, self.statuses = deque(), deque(), [], {}
        self.over = False
        self.run = f"{time.time_ns():x}"

    def message(self):
        body = self.bodies[self.sent % len(self.bodies)]
        self.sent += 1
        return HEAD.format(key=f"{self.run}-{self.sent}", size=len(body)).encode() + body

    def free(self, connection):
        if self.over:
            return
        if not self.rate:
            connection.send(self.message(), time.perf_counter())
        elif self.waiting:
            connection.send(self.message(), self.waiting.popleft())
        else:
            self.idle.append(connection)

    def answered(self, connection, status, seconds):
        if not self.over:
            self.seconds.append(seconds)
            self.statuses[status] = self.statuses.get(status, 0) + 1

    def due(self, when):
        if self.idle:
            self.idle.popleft().send(self.message(), when)
        else:
            self.waiting.append(when)


async def main(port, bodies, seconds, connections, rate):
    loop = asyncio.get_running_loop()
    load = Load([line.encode() for line in Path(bodies).read_text("utf-8").splitlines()], rate)
    for _ in range(connections):
        await loop.create_connection(lambda: Connection(load), "127.0.0.1", port)
    began = time.perf_counter()
    if rate:
        for n in range(int(seconds * rate)):
            due = began + n / rate
            await asyncio.sleep(max(0, due - time.perf_counter()))
            load.due(due)
        await asyncio.sleep(0.5)
    else:
        await asyncio.sleep(seconds)
    took = time.perf_counter() - began
    load.over = True
    times = sorted(load.seconds)
    print(
        json.dumps(
            {
                "answered": len(times),
                "seconds": took,
                "statuses": load.statuses,
                "p50": times[len(times) // 2] if times else None,
                "p99": times[int(len(times) * 0.99)] if times else None,
                "worst": times[-1] if times else None,
            }
        )
    )


if __name__ == "__main__":
    port, bodies, seconds, connections, rate = sys.argv[1:]
    asyncio.run(main(int(port), bodies, float(seconds), int(connections), float(rate)))
