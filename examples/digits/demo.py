"""Tunes a real model on real data, draws a picture, and says what was won: `make demo`.

Each step is a command that you can run yourself. An interrupted demo is continued; after a
complete one the next goes to a new folder.
"""

import argparse
import itertools
import os
import shlex
import shutil
import signal
import subprocess
import sys
import sysconfig
from pathlib import Path

INTERRUPTED = 3  # the exit code of `sherpa run` after Ctrl-C
HERE = Path(os.path.relpath(Path(__file__).parent))


def sherpa() -> str:
    """Return how to call `sherpa` from here, whether its environment is activated or not."""
    program = Path(sysconfig.get_path("scripts")) / "sherpa"
    found = shutil.which("sherpa")
    return "sherpa" if found and Path(found).samefile(program) else os.path.relpath(program)


def next_folder() -> Path:
    """Return the first folder in which no demo has come to its end."""
    names = itertools.chain(["output_digits"], (f"output_digits_{n}" for n in itertools.count(2)))
    return next(path for path in map(Path, names) if not (path / "summary.png").exists())


def show(folder: Path) -> None:
    """Keep the dashboard open until Enter, for people at a terminal."""
    if not sys.stdin.isatty():
        return
    page = subprocess.Popen([sherpa(), "dashboard", str(folder), "--no-browser"])
    try:
        input("\nThe dashboard goes on at the address below; Enter ends it.\n")
    except EOFError:
        pass
    finally:
        page.send_signal(signal.SIGINT)
        page.wait()


def call(*words: str | Path, show_result: bool = True) -> None:
    """Print a command and run it; end with its exit code if it fails."""
    command = [str(word) for word in words]
    print(f"$ {shlex.join(command)}", flush=True)
    stdout = None if show_result else subprocess.DEVNULL  # progress is on standard error
    if command[0] == "python":
        command[0] = sys.executable
    code = subprocess.run(command, stdout=stdout).returncode
    if code == INTERRUPTED:
        print("Start the demo again: it goes on from here.")
    if code:
        raise SystemExit(code)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output-dir", type=Path, help="default: a new output_digits")
    parser.add_argument("--max-num-trials", default=26, type=int, help="default: %(default)s")
    options = parser.parse_args()
    folder = options.output_dir or next_folder()
    signal.signal(signal.SIGINT, lambda *_: None)  # the command that runs takes care of Ctrl-C
    run = [sherpa(), "run", HERE / "study.toml", "--resume", "--output-dir", folder]

    print("\nTunes a support vector machine on 1,797 handwritten digits: about a minute.")
    print("The dashboard shows it live, at the address below.\n")
    call(*run, "--max-num-trials", str(options.max_num_trials), show_result=False)
    call(sherpa(), "plot", folder, show_result=False)
    call("python", HERE / "compare.py", folder)
    print(f"""
  picture: {folder / "summary.png"}
  results: {folder / "results.csv"}
  report:  {shlex.join([sherpa(), "report", str(folder)])} writes a page to send to others

Next: let the search go on for {options.max_num_trials} more trials

  {shlex.join(map(str, run))} --max-num-trials {2 * options.max_num_trials}
""")
    show(folder)
