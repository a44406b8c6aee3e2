#!/usr/bin/env python3
"""Moves rows between stores while an application writes, and everything else goes wrong meanwhile.

    tests/crash/soak.py MIG MIG_APP [--seconds N] [--pair PAIR] [--seed S] [--rows N]

Users go postgres-postgres, followed by triggers and through slots, sqlite-postgres and
postgres-sqlite; sessions, of which in Redis some
expire, redis-redis and postgres-redis.

Clients insert, update, replace, delete, rename and swap rows by the routing document, one more writes
the old side whatever the document says, and each of them writes down what it was told. Meanwhile
`mig apply` is killed with SIGKILL every few seconds and started again, connections are dropped, and
each pair loses its servers twice: they stop at once, flush nothing, and come back. Every other
migration is taken back behind its cutover and then carried out again.

At the end of each way no acknowledged write may be missing and no deleted row may be back (mig_app
check; a write whose answer was lost with the server counts as either), and the gates of the plan have
found no drift. CI takes 30 seconds a pair, all pairs at once; the full form is `--seconds 300`.
"""
import argparse
import collections
import json
import os
import queue
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time

from live_sweep import Failure, Runner

HERE = os.path.dirname(os.path.realpath(__file__))
ROOT = os.path.realpath(os.path.join(HERE, "..", ".."))
PAIRS = ["postgres-postgres", "postgres-postgres-slot", "sqlite-postgres", "postgres-sqlite", "redis-redis", "postgres-redis"]
LONGEST = 240  # seconds for one migration
SERVER_IS_GONE = 69  # the exit code of a run that cannot begin
# Sent to a server: how much of what is connected to it is dropped.
DROP = ("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid() AND random() < 0.5")


class Cluster:
    """A private PostgreSQL that keeps what it has acknowledged."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="mig-soak-server-")
        self.server = self.control("start").strip()
        self.ask("postgres", "ALTER SYSTEM SET synchronous_commit = on")
        self.ask("postgres", "ALTER SYSTEM SET max_slot_wal_keep_size = '1GB'")
        self.ask("postgres", "SELECT pg_reload_conf()")

    def control(self, verb):
        return subprocess.run([os.path.join(ROOT, "tests/support/postgres.sh"), verb, self.folder],
                              check=True, text=True, stdout=subprocess.PIPE).stdout

    def log(self):
        return self.folder + "/log"

    def make(self, database):
        """An empty one; its URL."""
        self.ask("postgres", f"CREATE DATABASE {database}")
        return self.url(database)

    def url(self, database):
        return self.server.replace("/postgres?", f"/{database}?")

    def load_sessions(self, database, rows):
        self.ask(database, "CREATE TABLE sessions (id bigint PRIMARY KEY, owner bigint NOT NULL, "
                           "note text NOT NULL, place text)")
        self.ask(database, "INSERT INTO sessions SELECT 10 * n, n % 1000, 'loaded ' || n, "
                           f"CASE WHEN n % 3 > 0 THEN 'Peru' END FROM generate_series(1, {rows}) n")

    def drop(self, database, chance):
        return int(self.ask(database, DROP))

    def ask(self, database, sql):
        return subprocess.run(["psql", "-qAtX", "-v", "ON_ERROR_STOP=1", self.url(database), "-c", sql],
                              check=True, text=True, capture_output=True).stdout.strip()

    def lose(self):
        self.control("kill")
        self.control("again")


class Cache:
    """A private Redis that keeps what it has acknowledged."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="mig-soak-cache-")
        self.control("start")

    def control(self, verb):
        kept = ["--appendonly", "yes", "--appendfsync", "always"] if verb == "start" else []
        if verb == "stop" or os.path.exists(self.folder):
            subprocess.run([os.path.join(ROOT, "tests/support/redis.sh"), verb, self.folder, *kept],
                           check=True)
        if verb == "stop":
            shutil.rmtree(self.folder)

    def log(self):
        return self.folder + "/redis.log"

    def make(self, _):
        self.ask("FLUSHALL")
        return f"unix://{self.folder}/redis.sock"

    def load_sessions(self, _, rows):
        commands = []
        for n in range(1, rows + 1):
            commands.append(f"HSET sess:{10 * n} owner {n % 1000} note 'loaded {n}'"
                            + (" place Peru" if n % 3 else ""))
            if n % 5 == 0:
                commands.append(f"PEXPIREAT sess:{10 * n} {4102444800000 + n}")
        self.ask("--pipe", given="\n".join(commands) + "\n")

    def drop(self, _, chance):
        """Links of replication, which a follower has, among them."""
        listed = [dict(word.split("=", 1) for word in line.split())
                  for line in self.ask("CLIENT", "LIST").splitlines()]
        return sum(int(self.ask("CLIENT", "KILL", "ID", client["id"])) for client in listed
                   if client["cmd"] != "client|list" and chance.random() < 0.5)

    def ask(self, *words, given=None):
        return subprocess.run(["redis-cli", "-s", f"{self.folder}/redis.sock", *words], check=True,
                              text=True, input=given, capture_output=True).stdout.strip()

    def lose(self):
        self.control("kill")
        self.control("again")


class Pair:
    def __init__(self, options):
        self.options = options
        self.chance = random.Random(f"{options.seed} {options.pair}")
        self.kinds = options.pair.split("-")[:2]
        self.has_slots = options.pair.endswith("-slot")
        made = {"postgres": Cluster, "redis": Cache, "sqlite": lambda: None}
        self.servers = [made[kind]() for kind in self.kinds]
        self.moves = "sessions" if self.kinds[1] == "redis" else "users"
        self.began = time.monotonic()
        span = options.seconds
        self.losses = [self.began + span * share for share in (0.3, 0.6)]  # when servers go away
        self.met = collections.Counter()

    def is_over(self):
        return time.monotonic() > self.began + self.options.seconds and not self.losses

    def run(self):
        number = 0
        while number == 0 or not self.is_over():
            number += 1
            # The first goes there and back and there, whatever the time.
            Migration(self, number, turns_back=number % 2 == 1).carry_out()
        self.met["migrations"] = number
        for server in filter(None, self.servers):
            server.control("stop")

    def new_stores(self, number, folder):
        """Where both sides are, for mig and for the application."""
        places = []
        for side, kind, server in zip(["old", "new"], self.kinds, self.servers):
            if server is None:
                places.append(os.path.join(folder, side + ".db"))
                continue
            places.append(server.make(f"{side}{number}"))
        if self.moves == "sessions":
            self.servers[0].load_sessions(f"old{number}", self.options.rows)
            return places
        example = "04_postgres_split" if self.servers[0] else "02_users_split"
        subprocess.run([os.path.join(ROOT, "examples", example, "load.sh"), places[0], "--rows",
                        str(self.options.rows)], check=True, stdout=subprocess.DEVNULL)
        return places


class Migration:
    def __init__(self, pair, number, turns_back):
        self.pair = pair
        self.options = pair.options
        self.chance = pair.chance
        self.number = number
        self.turns_back = turns_back
        self.folder = tempfile.mkdtemp(prefix=f"mig-soak-{self.options.pair}-")
        self.places = pair.new_stores(number, self.folder)
        self.env = dict(os.environ, OLD_DSN=self.places[0], NEW_DSN=self.places[1])
        self.step = ""
        self.asker = None
        self.has_asked = False  # for the way back
        self.write_plan()

    # Every second time the new side of the sessions holds JSON.
    def is_json(self):
        return self.pair.moves == "sessions" and self.number % 2 == 0

    def datasets(self):
        if self.pair.moves == "users":
            return ""
        old = 'key = "sess:{id}"; codec = hash' if self.pair.kinds[0] == "redis" else 'table = "sessions"'
        codec = "json" if self.is_json() else "hash"
        return (f"dataset old_sessions: Session in before {{ {old} }}\n"
                f'dataset new_sessions: Session in after {{ key = "s:{{id}}"; codec = {codec} }}\n')

    def write_plan(self):
        stores = ""
        for name, place, variable in zip(["before", "after"], self.places, ["OLD_DSN", "NEW_DSN"]):
            if place.startswith("unix://"):
                stores += f'store {name}: redis {{ url = secret("env:{variable}") }}\n'
            elif place.startswith("postgresql://"):
                slot = "; changes = slot" if self.pair.has_slots else ""
                stores += f'store {name}: postgres {{ url = secret("env:{variable}"); lock_timeout = 2s{slot} }}\n'
            else:
                stores += f'store {name}: sqlite {{ path = "{os.path.basename(place)}" }}\n'
        which = "soak.mig" if self.pair.moves == "users" else "soak_sessions.mig"
        with open(os.path.join(HERE, which)) as file:
            edition, rest = file.read().split("\n", 1)
        with open(os.path.join(self.folder, "plan.mig"), "w") as file:
            file.write(edition + "\n" + stores + self.datasets() + rest)

    def mig(self, *words):
        return subprocess.run([self.options.mig, *words], cwd=self.folder, env=self.env, text=True,
                              capture_output=True, timeout=60)

    def carry_out(self):
        try:
            if self.turns_back:
                self.way("old")
            self.way("new")
        except Failure as failure:
            raise Failure(f"{failure}; see {self.folder}") from failure
        shutil.rmtree(self.folder)

    def way(self, authority):
        """To the end of the plan, or back to its beginning, with an application beside it."""
        until = os.path.join(self.folder, f"stop-{authority}")
        where = ["--moves", self.pair.moves, "--old", self.places[0],
                 "--new", self.places[1] + ("#json" if self.is_json() else "")]
        app = subprocess.Popen(
            [self.options.app, "run", ".", *where, "--history", f"history-{authority}", "--report",
             "report.jsonl", "--until", until, "--keys", "200", "--rate", "120", "--seed",
             str(self.number * 2 + (authority == "new"))],
            cwd=self.folder, stdout=subprocess.PIPE, text=True)
        try:
            self.finish()
        finally:
            open(until, "w").close()
            said, _ = app.communicate(timeout=60)
        if app.returncode != 0:
            raise Failure(f"the application ended with {app.returncode}")
        histories = [name for name in os.listdir(self.folder) if name.startswith("history-")]
        judged = subprocess.run([self.options.app, "check", ".", *where, "--history", *histories,
                                 "--authority", authority], cwd=self.folder, text=True, capture_output=True)
        print(f"  {self.options.pair} {self.number}, {authority}: {judged.stdout.strip()}", flush=True)
        if judged.returncode != 0:
            raise Failure(f"an acknowledged write is lost, or a deleted row is back: {judged.stderr}")
        for name in ("acknowledged", "unknown", "swapped", "refused"):
            self.pair.met[name] += json.loads(said)[name]
        if self.pair.met["acknowledged"] == 0:
            raise Failure("nobody was told that a write is safe")

    def finish(self):
        deadline = time.monotonic() + LONGEST
        while True:
            runner = Runner([self.options.mig, "apply", "plan.mig", "--yes", "--json"], self.folder,
                            self.env)
            code = self.watch(runner, deadline)
            if code is None or code == SERVER_IS_GONE:
                continue
            # Nobody approves what is to be taken back, so its end is the beginning again.
            if code in (0, 4) and self.turns_back and self.has_asked:
                self.turns_back = False
                return
            if code == 0 or (code == 3 and "was completed by run" in runner.said()):
                return
            raise Failure(f"apply ended with {code} at {self.step}: {runner.said()}")

    def watch(self, runner, deadline):
        """The exit code, or nothing where it was killed."""
        kill_at = time.monotonic() + self.chance.uniform(0.5, 4)
        drop_at = time.monotonic() + self.chance.uniform(0.3, 2)
        while True:
            now = time.monotonic()
            if now > deadline:
                runner.process.kill()
                raise Failure(f"no end after {LONGEST} s, at {self.step}: {runner.said()}")
            if now > kill_at:
                for process in filter(None, [self.asker, runner.process]):
                    process.send_signal(signal.SIGKILL)
                    process.wait()
                self.asker = None
                self.pair.met["kills"] += 1
                return None
            if now > drop_at:
                self.drop_connections()
                drop_at = now + self.chance.uniform(0.5, 3)
            if self.pair.losses and now > self.pair.losses[0]:
                self.pair.losses.pop(0)
                self.lose_servers()
            try:
                event = runner.events.get(timeout=0.2)
            except queue.Empty:
                continue
            if event is None:
                self.hear_asker(deadline)
                return runner.process.wait()
            self.see(event)

    def drop_connections(self):
        for server, side in zip(self.pair.servers, ["old", "new"]):
            if server is not None:
                self.pair.met["dropped"] += server.drop(f"{side}{self.number}", self.chance)

    def lose_servers(self):
        for server in filter(None, self.pair.servers):
            server.lose()
            self.pair.met["servers lost"] += 1

    def hear_asker(self, deadline):
        if self.asker is None:
            return
        # Whatever it says, the run says what became of it.
        self.asker.communicate(timeout=max(1, deadline - time.monotonic()))
        self.asker = None

    def see(self, event):
        kind, data = event.get("event"), event.get("data", {})
        if kind == "waits" and "/approve#" in event["step"]:
            if not self.turns_back:
                self.mig("approve", "somebody", "--because", "the counts look right")
            elif self.asker is None or self.asker.poll() is not None:
                self.has_asked = True
                self.asker = subprocess.Popen(
                    [self.options.mig, "rollback", "--because", "not today"], cwd=self.folder,
                    env=self.env, text=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        if kind == "step_started":
            self.step = data["step"]


def soak(options):
    pair = Pair(options)
    try:
        pair.run()
    except Failure as failure:
        print(f"FAILED: {options.pair} (seed {options.seed}): {failure}", flush=True)
        for server in filter(None, pair.servers):
            print(f"  its server's log is {server.log()}")
        return 1
    finally:
        for server in filter(None, pair.servers):
            if os.path.exists(server.folder):
                server.control("kill")
    told = ", ".join(f"{count} {name}" for name, count in pair.met.items())
    print(f"{options.pair}: {told}; no acknowledged write lost", flush=True)
    return 0


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("mig", type=os.path.realpath)
    parser.add_argument("app", type=os.path.realpath)
    parser.add_argument("--pair", choices=PAIRS)
    parser.add_argument("--seconds", type=int, default=30)
    parser.add_argument("--seed", type=int, default=int(time.time()) % 100000)
    parser.add_argument("--rows", type=int, default=2000)
    options = parser.parse_args()
    if options.pair:
        return soak(options)
    print(f"seed {options.seed}", flush=True)
    given = ["--seconds", options.seconds, "--seed", options.seed, "--rows", options.rows]
    beside = [subprocess.Popen([sys.executable, __file__, options.mig, options.app, "--pair", pair,
                                *map(str, given)]) for pair in PAIRS]
    return max(one.wait() for one in beside)


if __name__ == "__main__":
    sys.exit(main())
