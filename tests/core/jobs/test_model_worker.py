"""The model worker: shared by all threads, replaced after it dies, without running the app's main script."""

import os
import signal
import subprocess
import sys
import threading
import time

import pytest
from loky.process_executor import BrokenProcessPool

from core.jobs.model_worker import submit


def test_all_threads_share_one_worker_that_is_not_this_process():
    first = submit(os.getpid).result()
    others = []
    threads = [threading.Thread(target=lambda: others.append(submit(os.getpid).result())) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert others == [first] * 3
    assert first != os.getpid()


def test_the_error_of_a_task_reaches_the_caller():
    with pytest.raises(ZeroDivisionError):
        submit(divmod, 1, 0).result()


def test_a_worker_that_dies_is_replaced():
    first = submit(os.getpid).result()
    killed = submit(os.kill, first, signal.SIGKILL)
    with pytest.raises(BrokenProcessPool):
        killed.result(timeout=60)
    second = submit(os.getpid).result(timeout=60)
    assert second != first


def test_the_app_itself_does_not_import_torch():
    code = (
        "import sys; import core.jobs.model_worker, core.workspace.sweep_results, core.jobs.rank_task, "
        "core.experiment.transfer, core.jobs.match_task, core.presentation.paper_tables, "
        "core.workspace.tags, core.workspace.unfinished_runs, core.training.settings, core.jobs.background; "
        "sys.exit('torch' in sys.modules)"
    )
    assert os.spawnv(os.P_WAIT, sys.executable, [sys.executable, "-c", code]) == 0


def test_the_app_ends_at_once_though_much_is_queued():
    code = (
        "import time; from core.jobs.model_worker import submit; submit(abs, 1).result(); "
        "queued = [submit(time.sleep, 20) for _ in range(20)]"
    )
    begun = time.monotonic()
    subprocess.run([sys.executable, "-c", code], check=True, timeout=200)
    assert time.monotonic() - begun < 20
