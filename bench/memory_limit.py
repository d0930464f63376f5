"""A memory limit for a process that a benchmark starts, and what it took of it."""

import os
import pathlib
import threading
import time

ROOT_V1 = pathlib.Path("/sys/fs/cgroup/memory")
ROOT_V2 = pathlib.Path("/sys/fs/cgroup")


class MemoryLimit:
    """A control group of its own, in which everything counts that the kernel holds for the process: its own memory, pages of files and pages under way to the disk.
    Beyond `limit` the kernel takes pages back that it can, and ends the process where that is not enough."""

    def __init__(self, limit):
        is_v1 = (ROOT_V1 / "memory.limit_in_bytes").exists()
        self.folder = (ROOT_V1 if is_v1 else ROOT_V2) / f"dotmac-bench-{os.getpid()}"
        try:
            self.folder.mkdir()
            names = ("memory.limit_in_bytes", "memory.max_usage_in_bytes", "total_rss") if is_v1 else ("memory.max", "memory.peak", "anon")
            self.peak_name, self.own_name = names[1:]
            (self.folder / names[0]).write_text(str(limit))
            swap = self.folder / ("memory.memsw.limit_in_bytes" if is_v1 else "memory.swap.max")
            if swap.exists():
                swap.write_text(str(limit) if is_v1 else "0")
        except OSError as error:
            raise SystemExit(f"--memory-limit needs a control group of memory, as root: {error}") from error
        self.own_peak, self.done = 0, threading.Event()
        self.watcher = threading.Thread(target=self.watch, daemon=True)
        self.watcher.start()

    def prefix(self):
        """What stands before a command so that it runs in the group."""
        return ["sh", "-c", f'echo $$ > {self.folder}/cgroup.procs && exec "$@"', "sh"]

    def watch(self):
        while not self.done.wait(0.1):
            self.own_peak = max(self.own_peak, self.read("memory.stat")[self.own_name])

    def read(self, name):
        lines = (self.folder / name).read_text().split("\n")
        return {key: int(value) for key, value in (line.split(" ", 1) for line in lines if " " in line)}

    def figures(self):
        """The most that was used at once, in all and of the process' own memory (looked at ten times a second)."""
        return {"peak_mb": int((self.folder / self.peak_name).read_text()) / 2**20, "own_peak_mb": self.own_peak / 2**20}

    def close(self):
        self.done.set()
        self.watcher.join()
        for _ in range(100):
            try:
                return self.folder.rmdir()
            except OSError:
                time.sleep(0.05)
