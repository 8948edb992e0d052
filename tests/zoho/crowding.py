"""One process of a crowd: threads that call Zoho through the gate until told to stop. Run as ``python -m tests.zoho.crowding``.

Arguments: the runtime's database URL and instance folder, the address, the organization, threads, calls of each thread, and ``bulk``
or ``form``. Says ``ready`` and waits for a line; says how many calls were answered with which status, and how long the longest took.
"""

from __future__ import annotations

import json
import sys
import threading
from collections import Counter
from pathlib import Path
from time import monotonic

from service.settings import Settings
from zoho import runtime
from zoho.errors import ZohoError
from zoho.hooks import IS_BULK

TOKEN = "1000.storm.token"


def main(database_url: str, instance: str, url: str, org: str, threads: str, calls: str, kind: str) -> None:
    settings = Settings.load({}, instance_dir=Path(instance), database_url=database_url)
    amend = runtime.build(settings)
    said: Counter[str] = Counter()
    longest = [0.0]

    def work() -> None:
        IS_BULK.set(kind == "bulk")
        for _ in range(int(calls)):
            started = monotonic()
            try:
                said[str(amend.http.call("GET", url, token=TOKEN, org=org).status)] += 1
            except ZohoError as error:
                said[error.code] += 1
            longest[0] = max(longest[0], monotonic() - started)

    print("ready", flush=True)
    sys.stdin.readline()
    workers = [threading.Thread(target=work) for _ in range(int(threads))]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    amend.close()
    print(json.dumps({"said": said, "longest": longest[0]}), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
