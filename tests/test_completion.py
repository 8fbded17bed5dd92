"""Completion on the tab key: what shells are told of the commands, and what they make of it."""

import shutil
import subprocess

import pytest

from softspots.__main__ import COMMANDS
from softspots.__main__ import main as softspots
from softspots.commands.completion import SHELLS, script
from softspots.commands.mixtures import MIXTURES

# The word at the end is the one that is typed.
IN_BASH = """
source "$1"; shift
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
_shtab_softspots 2>/dev/null
printf '%s\\n' "${COMPREPLY[@]}"
"""
# As a user of fish sees them, with their descriptions.
IN_FISH = 'source "$argv[1]"; complete -C "$argv[2..]"'


@pytest.fixture(scope="module", params=SHELLS)
def shell(request, tmp_path_factory):
    """A shell that is here, and a file with its script."""
    name = request.param
    if not shutil.which(name):
        pytest.skip(f"there is no {name}")
    path = tmp_path_factory.mktemp("shell") / f"script.{name}"
    path.write_text(script(name, COMMANDS))
    return name, path


def completed(shell, folder, *words):
    name, path = shell
    if name == "zsh":
        pytest.skip("zsh completes at a prompt only")
    if name == "bash":
        arguments = ["bash", "--norc", "-c", IN_BASH, "bash", path, "softspots", *words]
    else:
        arguments = ["fish", "--no-config", "-c", IN_FISH, path, "softspots", *words]
    process = subprocess.run(map(str, arguments), capture_output=True, text=True, cwd=folder, timeout=60, check=True)
    return {line.split("\t")[0].strip() for line in process.stdout.splitlines()}


def test_shells_can_read_it(shell):
    name, path = shell
    process = subprocess.run([name, "-n", path], capture_output=True, text=True, timeout=60)
    assert (process.returncode, process.stderr) == (0, "")


def test_commands_options_and_values(shell, tmp_path):
    (tmp_path / "mine.toml").touch()
    (tmp_path / "glass.lammpstrj").touch()
    (tmp_path / "folder").mkdir()
    assert {*COMMANDS} <= completed(shell, tmp_path, "")
    assert completed(shell, tmp_path, "sim") == {"simulate"}
    assert {"--model", "--types", "--output"} <= completed(shell, tmp_path, "map", "--")
    assert "--strain-rate" in completed(shell, tmp_path, "simulate", "--str")
    assert "--strain-step" in completed(shell, tmp_path, "shear", "--strain-s")
    assert completed(shell, tmp_path, "map", "gl") == {"glass.lammpstrj"}
    assert completed(shell, tmp_path, "map", "x.dump", "--connection", "d") == {"delaunay", "distance"}
    assert completed(shell, tmp_path, "simulate", "--model", "harm") == {"harmonic"}
    models = completed(shell, tmp_path, "map", "x.dump", "--model", "")
    # fish only puts those with the ending first.
    assert {*MIXTURES, "mine.toml"} <= models and ("glass.lammpstrj" not in models or shell[0] == "fish")
    for name in COMMANDS:
        assert {one.rstrip("/") for one in completed(shell, tmp_path, name, "--output", "fo")} == {"folder"}
        # fish has it as one of the options of one letter.
        assert "-o" in completed(shell, tmp_path, name, "-") or shell[0] == "fish", name
        assert {one.rstrip("/") for one in completed(shell, tmp_path, name, "-o", "fo")} == {"folder"}


def test_on_the_command_line(capsys):
    for name in SHELLS:
        softspots(["--print-completion", name])
        assert capsys.readouterr().out == script(name, COMMANDS) + "\n"
    for arguments, got in (["csh"], "csh"), ([], "nothing"), (["bash", "zsh"], "bash zsh"):
        with pytest.raises(SystemExit) as done:
            softspots(["--print-completion", *arguments])
        assert done.value.code == 2
        message = f"softspots: --print-completion: got {got}; allowed: one of bash, zsh, fish\n"
        assert capsys.readouterr().err == message
