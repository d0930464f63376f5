"""The shell blocks of a page, in their order, and a shell that carries them out as they stand there."""

import os
import re
import signal
import subprocess
import time

BLOCK = re.compile(r"(?:^<!-- by hand: (?P<by_hand>\w+) -->\n)?^```sh\n(?P<text>.*?)^```$", re.M | re.S)


class Block:
    def __init__(self, match):
        self.by_hand, self.text = match["by_hand"], match["text"]
        self.first_line = self.text.split("\n")[0]


def blocks_of(path):
    with open(path, encoding="utf-8") as page:
        text = page.read()
    found = [Block(each) for each in BLOCK.finditer(text)]
    assert len(found) == text.count("```") // 2, "a block of the page is none of the shell, or its mark does not stand right before it"
    return found


class Shell:
    """One bash for all blocks, as somebody has who goes through the page; ends at the first command that fails."""

    def __init__(self, folder, environment):
        self.folder, self.said = folder, folder + "/shell.log"
        with open(self.said, "wb") as log:
            self.process = subprocess.Popen(["bash", "--noprofile", "--norc"], stdin=subprocess.PIPE, stdout=log, stderr=log, cwd=folder, env=environment, start_new_session=True)
        self.count = 0
        self.send("set -euo pipefail\n")

    def send(self, text):
        self.process.stdin.write(text.encode())
        self.process.stdin.flush()

    def run(self, text, within=120):
        """What the commands print."""
        self.count += 1
        name = f"{self.folder}/block-{self.count}"
        with open(name, "w", encoding="utf-8") as block:
            block.write(text)
        begun = os.path.getsize(self.said)
        self.send(f". {name}\ntouch {name}.done\n")
        until = time.monotonic() + within
        while not os.path.exists(name + ".done"):
            if self.process.poll() is not None or time.monotonic() > until:
                raise AssertionError(f"failed:\n{text}\n{self.output(begun)}\n{self.logs()}")
            time.sleep(0.02)
        return self.output(begun)

    def output(self, begun):
        with open(self.said, "rb") as log:
            log.seek(begun)
            return log.read().decode(errors="replace")

    def logs(self):
        ends = []
        for name in sorted(os.listdir(self.folder)):
            if name.endswith(".log") and name != "shell.log":
                with open(f"{self.folder}/{name}", encoding="utf-8", errors="replace") as log:
                    ends.append(f"{name}: ..." + log.read()[-1500:])
        return "\n".join(ends)

    def close(self):
        """With everything that it has started."""
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()
        self.process.stdin.close()
