"""Every bench, each in a fresh process, and one table at the end. Run it with ``.venv/bin/python -m bench.all``.

It leaves with 1 when a figure misses what is allowed: for people who look at it on a quiet machine, not for a pipeline.
"""

from __future__ import annotations

import sys
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

from bench import client, edit, imports, plan, plan_page, road, sheets, storm, throughput, upload
from bench.race import is_quick, table

BENCHES = (
    client.measure,
    road.measure,
    throughput.measure,
    storm.measure,
    imports.measure,
    edit.measure,
    sheets.measure,
    upload.measure,
    plan.measure,
    plan_page.measure,
)


def main() -> int:
    """Run them one after the other."""
    quick = is_quick(__doc__)
    with ProcessPoolExecutor(1, mp_context=get_context("spawn"), max_tasks_per_child=1) as pool:
        figures = [figure for measure in BENCHES for figure in pool.submit(measure, quick).result()]
    table(figures)
    return int(any(figure.is_missed for figure in figures))


if __name__ == "__main__":
    sys.exit(main())
