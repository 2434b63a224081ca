"""Run processes and say what they and all that came of them have used; read a tree of files."""
import ctypes
import hashlib
import os
import signal
import stat
import subprocess
import threading
import time
from dataclasses import dataclass

sleep = time.sleep


@dataclass
class Result:
    """What a run has used."""

    status: int
    wall: float
    cpu: float
    peak: int


def run(commands, directory, log):
    """Start all commands at once and wait for them. What they leave in the background (masters of connections) is ended
    and counted too: this process adopts it."""
    ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)  # PR_SET_CHILD_SUBREAPER
    ours = set(children(os.getpid()))
    sampler = Sampler(ours)
    before = os.times()
    with open(log, "wb") as out:
        sampler.start()
        began = time.monotonic()
        started = []
        for arguments, environment, text in commands:
            process = subprocess.Popen(arguments, env=environment, cwd=directory, stdout=out, stderr=out,
                                       stdin=subprocess.DEVNULL if text is None else subprocess.PIPE)
            started.append(process)
            if text is not None:
                threading.Thread(target=feed, args=(process, text), daemon=True).start()
        status = max(abs(process.wait()) for process in started)
        wall = time.monotonic() - began
        sampler.stop()
    end_left(ours)
    after = os.times()
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    return Result(status, wall, cpu, sampler.peak)


def feed(process, text):
    try:
        process.stdin.write(text)
        process.stdin.close()
    except BrokenPipeError:
        pass


def end_left(ours):
    """End what the commands left behind, by id, and reap it."""
    for _ in range(50):
        left = set(children(os.getpid())) - ours
        if not left:
            return
        for pid in left:
            os.kill(pid, signal.SIGTERM)
        sleep(0.1)
        for pid in left:
            try:
                os.waitpid(pid, os.WNOHANG)
            except ChildProcessError:
                pass


def children(pid):
    try:
        tasks = os.listdir(f"/proc/{pid}/task")
        return [int(c) for t in tasks for c in open(f"/proc/{pid}/task/{t}/children").read().split()]
    except (FileNotFoundError, ProcessLookupError):
        return []


class Sampler(threading.Thread):
    """Sums the proportional memory of all processes below this one, without those given, four times a second."""

    def __init__(self, without):
        super().__init__(daemon=True)
        self.without, self.peak, self.over = without, 0, threading.Event()

    def run(self):
        pause = 0.02
        while not self.over.wait(pause):
            self.peak = max(self.peak, self.sum())
            pause = 0.25

    def sum(self):
        total, todo = 0, [c for c in children(os.getpid()) if c not in self.without]
        while todo:
            pid = todo.pop()
            todo += children(pid)
            try:
                with open(f"/proc/{pid}/smaps_rollup") as file:
                    total += next(int(line.split()[1]) for line in file if line.startswith("Pss:")) * 1024
            except (OSError, StopIteration):
                pass
        return total

    def stop(self):
        self.peak = max(self.peak, self.sum())
        self.over.set()
        self.join()


def tree(top, renamed):
    """Every path below `top` with its kind, mode and content; names of hosts as in `renamed`."""
    found = {}
    for directory, names, files in os.walk(top):
        for name in names + files + ([""] if directory == top else []):
            path = os.path.join(directory, name)
            at = os.lstat(path)
            if stat.S_ISLNK(at.st_mode):
                what = os.readlink(path)
            elif stat.S_ISREG(at.st_mode):
                data = open(path, "rb").read()
                for old, new in sorted(renamed.items(), key=lambda pair: -len(pair[0])):
                    data = data.replace(old.encode(), new.encode())
                what = hashlib.sha256(data).hexdigest()[:16]
            else:
                what = "directory"
            found[os.path.relpath(path, top)] = (oct(stat.S_IMODE(at.st_mode)), what)
    return found
