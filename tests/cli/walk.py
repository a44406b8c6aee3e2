#!/usr/bin/env python3
"""Walks through a page as its reader would: every file that it shows is written, every command run, and what comes of
it held against what the page says.  walk.py PAGE.md MIG [--show]

```mig NAME      a file, written to NAME
```console       commands behind `$ `, each followed by what it prints; a line `…` stands for any lines, and `…` inside
                 a line for anything. A command has to succeed. Where nothing is shown, anything may be printed.
"""
import os
import re
import subprocess
import sys
import tempfile

page, mig = sys.argv[1], os.path.abspath(sys.argv[2])
text = open(page).read()
blocks = re.findall(r"^```(\w+)([^\n]*)\n(.*?)^```$", text, re.M | re.S)
END = "@@walked@@"


class Shell:
    def __init__(self, folder):
        environment = {**os.environ, "LC_ALL": "C.UTF-8",
                       "PATH": os.path.dirname(mig) + ":" + os.environ["PATH"]}
        for name in ("CI", "GITHUB_OUTPUT", "MIG_JOURNAL"):
            environment.pop(name, None)
        self.bash = subprocess.Popen(["bash"], cwd=folder, env=environment, text=True, stdin=subprocess.PIPE,
                                     stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    def run(self, command):
        self.bash.stdin.write(f"{{ {command}\n}} </dev/null\nprintf '\\n{END}%s\\n' $?\n")
        self.bash.stdin.flush()
        lines = []
        for line in self.bash.stdout:
            if line.startswith(END):
                return int(line[len(END):]), "".join(lines)[:-1]
            lines.append(line)
        sys.exit(f"the shell ended in {command}")


def fits(wanted, printed):
    """Whether the lines are these, where `…` stands for what the page leaves out."""
    pattern = ""
    for line in wanted:
        if line.strip() == "…":
            pattern += r"(?:[^\n]*\n)*?"
        else:
            pattern += "[^\n]*?".join(re.escape(part) for part in line.rstrip().split("…")) + r"[ ]*\n"
    return re.fullmatch(pattern, printed) is not None


def steps_of(block):
    command, shown = None, []
    for line in block.splitlines():
        if line.startswith("$ "):
            if command is not None:
                yield command, shown
            command, shown = line[2:], []
        elif command is not None and command.endswith("\\"):
            command = command[:-1] + line.strip()
        else:
            shown.append(line)
    yield command, shown


walked, mistakes = 0, 0
with tempfile.TemporaryDirectory() as folder:
    shell = Shell(folder)
    for kind, name, body in blocks:
        if kind == "mig" and name.strip():
            with open(os.path.join(folder, name.strip()), "w") as out:
                out.write(body)
        if kind != "console":
            continue
        for command, shown in steps_of(body):
            code, printed = shell.run(command)
            walked += 1
            if "--show" in sys.argv:
                print(f"$ {command}\n{printed}", end="")
            printed = printed if printed.endswith("\n") or not printed else printed + "\n"
            if code == 0 and (not shown or fits(shown, printed)):
                continue
            mistakes += 1
            print(f"FAILED: $ {command}\n  exit {code}, and it prints\n{printed}  the page says\n" + "\n".join(shown))
    shell.bash.stdin.close()
    shell.bash.wait()
print(f"{walked} commands of {os.path.basename(os.path.dirname(os.path.abspath(page)))}/{os.path.basename(page)}, "
      f"{mistakes} failed")
sys.exit(0 if mistakes == 0 and walked > 0 else 1)
