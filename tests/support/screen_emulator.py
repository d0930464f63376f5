"""A terminal for tests: a program runs under a pseudo terminal, and what it writes becomes a screen of letters, as xterm would show it.

An escape sequence that the emulator does not know is an error, so that nothing is shown wrong in silence. Colours are not kept.
"""

import codecs
import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time
import unicodedata

SEQUENCE = re.compile(r"\033(?:\[([?>!]?)([0-9;]*)([@-~])|([()])([0B])|([=>78MDE])|\][^\007\033]*(?:\007|\033\\))")


class Screen:
    def __init__(self, columns, lines):
        self.is_alternate, self.has_cursor = False, True
        self.unread = ""
        self.columns, self.height = columns, lines
        self.row = self.column = 0
        self.top, self.bottom = 0, lines - 1
        self.last = " "
        self.cells = [[" "] * columns for _ in range(lines)]

    def resize(self, columns, lines):
        self.cells = [(row + [" "] * columns)[:columns] for row in self.cells[:lines]]
        self.cells += [[" "] * columns for _ in range(lines - len(self.cells))]
        self.columns, self.height = columns, lines
        self.top, self.bottom = 0, lines - 1
        self.row, self.column = min(self.row, lines - 1), min(self.column, columns - 1)

    def lines(self):
        return ["".join(row).rstrip() for row in self.cells]

    def text(self):
        return "\n".join(self.lines())

    def feed(self, text):
        text, self.unread = self.unread + text, ""
        at = 0
        while at < len(text):
            if text[at] != "\033":
                self.put(text[at])
                at += 1
                continue
            found = SEQUENCE.match(text, at)
            if not found:
                if len(text) - at < 40:
                    self.unread = text[at:]  # the rest of it comes
                    return
                raise AssertionError("unknown escape sequence: " + repr(text[at:at + 20]))
            self.obey(found)
            at = found.end()

    def put(self, letter):
        if letter == "\r":
            self.column = 0
        elif letter == "\n":
            self.down()
        elif letter == "\b":
            self.column = max(self.column - 1, 0)
        elif letter == "\t":
            self.column = min((self.column // 8 + 1) * 8, self.columns - 1)
        elif letter >= " ":
            self.letter(letter)

    def letter(self, letter):
        if unicodedata.combining(letter):
            return
        wide = 2 if unicodedata.east_asian_width(letter) in "WF" else 1
        if self.column + wide > self.columns:
            self.column = 0
            self.down()
        self.cells[self.row][self.column] = letter
        if wide == 2:
            self.cells[self.row][self.column + 1] = ""
        self.column += wide
        self.last = letter

    def down(self):
        if self.row == self.bottom:
            self.scroll(1)
        else:
            self.row = min(self.row + 1, self.height - 1)

    def scroll(self, by, top=None):
        top = self.top if top is None else top
        for _ in range(abs(by)):
            if by > 0:
                del self.cells[top]
                self.cells.insert(self.bottom, [" "] * self.columns)
            else:
                del self.cells[self.bottom]
                self.cells.insert(top, [" "] * self.columns)

    def obey(self, found):
        kind, numbers, what, _, _, simple = found.groups()
        if simple == "M":
            if self.row == self.top:
                self.scroll(-1)
            else:
                self.row -= 1
        if what is None:
            return
        given = [int(each) if each else 0 for each in numbers.split(";")] if numbers else []
        first = given[0] if given else 0
        if kind == "?":
            self.set_modes(given, what)
        elif kind == "" and not self.move(what, first, given):
            self.change(what, first)

    def set_modes(self, given, what):
        for each in given:
            if each == 1049:
                self.is_alternate = what == "h"
            elif each == 25:
                self.has_cursor = what == "h"
            elif each not in (1, 7, 12):
                raise AssertionError(f"unknown mode {each}")

    def move(self, what, first, given):
        by = max(first, 1)
        if what in "Hf":
            self.row, self.column = min(by, self.height) - 1, min(max(given[1] if len(given) > 1 else 1, 1), self.columns) - 1
        elif what == "d":
            self.row = min(by, self.height) - 1
        elif what == "G":
            self.column = min(by, self.columns) - 1
        elif what in "AB":
            self.row = min(max(self.row + (by if what == "B" else -by), 0), self.height - 1)
        elif what in "CD":
            self.column = min(max(min(self.column, self.columns - 1) + (by if what == "C" else -by), 0), self.columns - 1)
        elif what == "r":
            self.top, self.bottom = max(first, 1) - 1, (given[1] if len(given) > 1 else self.height) - 1
            self.row = self.column = 0
        else:
            return False
        return True

    def change(self, what, first):
        row, column, by = self.cells[self.row], min(self.column, self.columns - 1), max(first, 1)
        if what == "K":
            start, end = (column, self.columns) if first == 0 else (0, column + 1) if first == 1 else (0, self.columns)
            row[start:end] = [" "] * (end - start)
        elif what == "J":
            if first == 0:
                row[column:] = [" "] * (self.columns - column)
            for each in range(self.row + 1 if first == 0 else 0, self.height if first != 1 else self.row):
                self.cells[each] = [" "] * self.columns
        elif what == "X":
            row[column:column + by] = [" "] * len(row[column:column + by])
        elif what == "P":
            del row[column:column + by]
            row.extend([" "] * (self.columns - len(row)))
        elif what == "@":
            row[column:column] = [" "] * by
            del row[self.columns:]
        elif what == "b":
            for _ in range(by):
                self.letter(self.last)
        elif what in "ST":
            self.scroll(by if what == "S" else -by)
        elif what in "ML":
            self.scroll(by if what == "M" else -by, self.row)
        elif what not in "mlht":  # colours, insert mode, tabulators, the window's title
            raise AssertionError("unknown sequence that ends with " + what)


class TerminalProgram:
    """A program under a pseudo terminal of this size that is its controlling one."""

    def __init__(self, command, environment, columns, lines):
        self.screen = Screen(columns, lines)
        self.decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self.master, self.slave = pty.openpty()
        self.resize(columns, lines, tell=False)
        self.settings_before = self.settings()
        self.process = subprocess.Popen(command, stdin=self.slave, stdout=self.slave, stderr=self.slave, env=environment, start_new_session=True,
                                        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))

    def settings(self):
        return termios.tcgetattr(self.slave)

    def resize(self, columns, lines, tell=True):
        if tell:
            self.screen.resize(columns, lines)
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))

    def press(self, keys):
        os.write(self.master, keys.encode())
        if keys == "\033":
            time.sleep(0.15)  # else the next key is taken for the rest of a sequence

    def signal(self, number):
        self.process.send_signal(number)

    def read(self, within):
        """Whether something came."""
        if not select.select([self.master], [], [], within)[0]:
            return False
        self.screen.feed(self.decoder.decode(os.read(self.master, 65_536)))
        return True

    def read_until(self, is_so, within):
        until = time.monotonic() + within
        while time.monotonic() < until:
            while self.read(0.02):
                pass
            if is_so(self.screen.lines()):
                return True
            if self.process.poll() is not None:
                return False
        return False

    def wait(self, within):
        """Its exit code, after all that it wrote was read."""
        until = time.monotonic() + within
        while self.process.poll() is None and time.monotonic() < until:
            self.read(0.05)
        while self.read(0):
            pass
        return self.process.poll()

    def hang_up(self):
        os.close(self.slave)
        os.close(self.master)
        self.master = self.slave = None

    def close(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        if self.master is not None:
            os.close(self.slave)
            os.close(self.master)
