#!/usr/bin/env python3
"""Kills `mig apply` of an example with SIGKILL at random moments while an application writes, and
judges what the application was told.

    tests/crash/live_sweep.py MIG MIG_APP [--example 01|02] [--kills N | --everywhere] [--seed S]
                              [--rows N]

Clients of the application read and write by the routing document; one more writes the old table,
whatever the document says. Every killed run is resumed by the same command. In every other
migration somebody takes everything back on the way, at a random step, is killed there too, and the
plan is carried out again. At the end no acknowledged write may be missing and no deleted row may be
back (mig_app check), and the run's own gates have found no drift.

CI takes 20 kills; the full form is `--kills 100`, which insists on at least ten in each class.
`--everywhere` kills nobody: it takes everything back from each step before the point of no return,
one migration for each, and carries the plan out again.
"""
import argparse
import json
import os
import queue
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

CLASSES = ["scan", "verify", "ramp", "cutover", "rehearsal", "reverse", "clean-up",
           "way back"]
# How long after a class began a kill may land, in seconds. Shorter after each that came too late:
# how long a class lasts is up to the plan and the machine.
WINDOW = {"scan": 0.8, "verify": 0.5, "ramp": 4, "cutover": 0.1, "rehearsal": 0.1,
          "reverse": 2, "clean-up": 0.15, "way back": 0.08}
LONGEST = 240  # seconds for one migration


class Example:
    def __init__(self, folder, moves, database, approver, phases):
        self.folder = folder
        self.moves = moves  # as mig_app calls it
        self.database = database
        self.approver = approver
        self.phases = phases  # phase -> class, in the plan's order

    def class_of(self, step, is_back):
        if is_back:
            return "way back"
        if step == "cutover/writes#1":
            return "cutover"
        if step == "rehearsal/rehearse#1":
            return "rehearsal"
        return self.phases.get(step.split("/")[0])

    def classes(self):
        return [one for one in CLASSES if one != "rehearsal" or one in self.phases]

    def turning_points(self):
        return [phase for phase, kind in self.phases.items() if kind != "clean-up"]


EXAMPLES = {
    "01": Example("01_package_index", "index", "legacy.db", "shop-owner",
                  {"copy": "scan", "compare": "verify", "widen": "ramp", "cutover": "reverse",
                   "rehearsal": "reverse", "settle": "reverse", "cleanup": "clean-up"}),
    "02": Example("02_users_split", "users", "app.db", "team-dba",
                  {"backfill": "scan", "reconcile": "verify", "ramp_reads": "ramp",
                   "cutover": "reverse", "soak_new": "reverse", "cleanup": "clean-up"}),
}


class Failure(Exception):
    pass


class Runner:
    """One `mig` process and its events."""

    def __init__(self, command, folder, env=None):
        self.stderr = open(os.path.join(folder, "stderr"), "w+")
        self.process = subprocess.Popen(command, cwd=folder, env=env, stdout=subprocess.PIPE,
                                        stderr=self.stderr, text=True)
        self.events = queue.Queue()
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        for line in self.process.stdout:
            if line.startswith("{"):
                try:
                    self.events.put(json.loads(line))
                except ValueError:
                    pass  # half a line: it was killed there
        self.events.put(None)

    def said(self):
        self.stderr.seek(0)
        return self.stderr.read()


class Migration:
    def __init__(self, options, chance, kills, turns_back):
        self.options = options
        self.example = EXAMPLES[options.example]
        self.chance = chance
        self.planned = set(kills)  # classes in which it is killed once
        self.turns_back = turns_back  # the phase or the step from which everything is taken back
        self.steps = []  # that began before the point of no return
        self.killed = []
        self.step = ""
        self.is_back = False
        self.run = ""
        self.asker = None  # who asked for the rollback
        self.folder = tempfile.mkdtemp(prefix="mig-live-")

    def mig(self, *words):
        return subprocess.run([self.options.mig, *words], cwd=self.folder, text=True,
                              capture_output=True, timeout=60)

    def carry_out(self):
        root = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", ".."))
        example = os.path.join(root, "examples", self.example.folder)
        shutil.copy(os.path.join(example, "plan.mig"), self.folder)
        work = os.path.join(self.folder, "work")
        os.mkdir(work)
        subprocess.run([os.path.join(example, "load.sh"),
                        os.path.join(work, self.example.database), "--rows",
                        str(self.options.rows)], check=True, stdout=subprocess.DEVNULL)
        moves = ["--moves", self.example.moves]
        app = subprocess.Popen(
            [self.options.app, "run", "work", *moves, "--history", "work/history", "--report",
             "work/report.jsonl", "--until", "work/stop", "--keys", "300", "--seed",
             str(self.chance.randrange(1000000))],
            cwd=self.folder, stdout=subprocess.PIPE, text=True)
        try:
            self.finish()
        finally:
            open(os.path.join(work, "stop"), "w").close()
            said, _ = app.communicate(timeout=60)
        if app.returncode != 0:
            raise Failure(f"the application ended with {app.returncode}")
        judged = subprocess.run([self.options.app, "check", "work", *moves, "--history",
                                 "work/history"], cwd=self.folder, text=True, capture_output=True)
        print(f"  {judged.stdout.strip()}; {said.strip()}")
        if judged.returncode != 0:
            raise Failure("an acknowledged write is lost, or a deleted row is back")
        if json.loads(said)["refused"] == 0:
            raise Failure("nobody was refused behind the switch")
        shutil.rmtree(self.folder)

    def finish(self):
        deadline = time.monotonic() + LONGEST
        while True:
            runner = Runner([self.options.mig, "apply", "plan.mig", "--env", "ci", "--yes", "--json",
                             "--set", "pace=4_000 rows/s"], self.folder)
            code = self.watch(runner, deadline)
            if code is None:
                continue  # killed
            if code in (0, 4) and self.is_back:
                self.is_back, self.step = False, ""  # all is as it was; the same plan again
                continue
            if code == 0 or (code == 3 and "was completed by run" in runner.said()):
                return  # killed after its last record, it had completed
            raise Failure(f"apply ended with {code} at {self.step}: {runner.said()}")

    def watch(self, runner, deadline):
        """The exit code, or nothing where it was killed."""
        kill_at = None
        aimed_at = self.example.class_of(self.step, self.is_back) if self.step else None
        if aimed_at in self.planned:
            kill_at = time.monotonic() + self.chance.random() * WINDOW[aimed_at]
        while True:
            if time.monotonic() > deadline:
                runner.process.kill()
                raise Failure(f"no end after {LONGEST} s, at {self.step}")
            wait = 1 if kill_at is None else max(0.001, kill_at - time.monotonic())
            try:
                event = runner.events.get(timeout=wait)
            except queue.Empty:
                event = {}
            if event is None:
                self.hear_asker(deadline)
                return runner.process.wait()
            if kill_at is not None and time.monotonic() >= kill_at:
                # Whoever asked would go on by itself, unseen: it is lost together with the runner.
                for process in filter(None, [self.asker, runner.process]):
                    process.send_signal(signal.SIGKILL)
                    process.wait()
                self.asker = None
                here = self.example.class_of(self.step, self.is_back)
                if here != aimed_at:
                    WINDOW[aimed_at] *= 0.7
                self.killed.append(here)
                self.planned.discard(here)
                return None
            entered = self.see(event)
            if entered in self.planned and kill_at is None:
                aimed_at = entered
                kill_at = time.monotonic() + self.chance.random() * WINDOW[entered]

    def hear_asker(self, deadline):
        if self.asker is None:
            return
        _, said = self.asker.communicate(timeout=max(1, deadline - time.monotonic()))
        if self.asker.returncode != 0:
            raise Failure(f"rollback: {said}")
        self.asker = None

    def see(self, event):
        kind, data = event.get("event"), event.get("data", {})
        if event.get("run", self.run) != self.run:
            self.run, self.is_back = event["run"], False
        if kind == "rollback_started":
            self.is_back = True
        if kind == "waits" and "/approve#" in event["step"]:
            self.mig("approve", self.example.approver, "--because", "the counts look right")
        if kind != "step_started":
            return None
        self.step = data["step"]
        if not self.is_back:
            self.steps.append(self.step)
        is_there = self.turns_back in (self.step, self.step.split("/")[0])
        if is_there and not self.is_back:
            self.turns_back = None
            # It is not waited for: the way back may be over before the answer is read.
            self.asker = subprocess.Popen([self.options.mig, "rollback", "--because", "not today"],
                                          cwd=self.folder, text=True, stdout=subprocess.DEVNULL,
                                          stderr=subprocess.PIPE)
        return self.example.class_of(self.step, self.is_back)


def carry_out(options, chance, kills, turns_back):
    """The migration; ends the program where something is lost."""
    migration = Migration(options, chance, kills, turns_back)
    try:
        migration.carry_out()
    except Failure as failure:
        print(f"FAILED (seed {options.seed}): {failure}; see {migration.folder}")
        sys.exit(1)
    return migration


def turn_back_everywhere(options, chance):
    steps = carry_out(options, chance, [], None).steps
    marker = next(i for i, step in enumerate(steps) if "/point_of_no_return#" in step)
    for step in steps[:marker]:
        migration = carry_out(options, chance, [], step)
        if migration.turns_back:
            print(f"FAILED: {step} did not begin")
            sys.exit(1)
        print(f"  back from {step}, and forward again", flush=True)
    print(f"taken back from each of {marker} steps, no acknowledged write lost")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("mig", type=os.path.realpath)
    parser.add_argument("app", type=os.path.realpath)
    parser.add_argument("--example", choices=sorted(EXAMPLES), default="01")
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--everywhere", action="store_true")
    parser.add_argument("--seed", type=int, default=int(time.time()) % 100000)
    parser.add_argument("--rows", type=int, default=4000)
    options = parser.parse_args()
    print(f"seed {options.seed}", flush=True)
    chance = random.Random(options.seed)
    if options.everywhere:
        turn_back_everywhere(options, chance)
        return 0
    least = 10 if options.kills >= 100 else 1
    classes = EXAMPLES[options.example].classes()
    counts = dict.fromkeys(classes, 0)
    turns_back = False
    while sum(counts.values()) < options.kills or min(counts.values()) < least:
        most, fewest = max(counts.values()), min(counts.values())
        kills = [one for one in classes
                 if (one != "way back" or turns_back) and (counts[one] < most or most == fewest)]
        where = chance.choice(EXAMPLES[options.example].turning_points()) if turns_back else None
        migration = carry_out(options, chance, kills, where)
        for here in migration.killed:
            counts[here] += 1
        turns_back = not turns_back
        print("  killed in", ", ".join(f"{one} {count}" for one, count in counts.items()),
              flush=True)
    print(f"{sum(counts.values())} kills survived, no acknowledged write lost")
    return 0


if __name__ == "__main__":
    sys.exit(main())
