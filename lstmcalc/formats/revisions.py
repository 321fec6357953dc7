"""Files as they stand in a revision of a git repository: `git:REV:path`."""

import os
import posixpath

from lstmcalc.errors import ModelError, Problem, reason_of, shown
from lstmcalc.limits import SPEC_BYTES

PREFIX = "git:"  # before REV:path
LONGEST = 30  # seconds that git may take


def split_revision(path: str) -> tuple[str, str]:
    """`git:REV:` and the path inside of that revision; of another path, nothing and the path."""
    if not path.startswith(PREFIX) or os.path.exists(path):
        return "", path
    revision, colon, inside = path.removeprefix(PREFIX).partition(":")
    return f"{PREFIX}{revision}{colon}", inside


def revision_file(path: str) -> str:
    """What `git show` calls the file of `git:REV:path`. Raises ModelError."""
    prefix, inside = split_revision(path)
    revision, inside = prefix[len(PREFIX) : -1], inside.lstrip("/")
    if not revision or not inside:
        help = "write git:REV:path, such as git:main:model.yaml"
        raise ModelError(Problem("no revision and path", file=path, help=help))
    if revision.startswith("-"):
        raise ModelError(Problem("a revision does not begin with '-'", file=path))
    here = "./" if inside.startswith(("./", "../")) else ""
    plain = posixpath.normpath(inside)
    return f"{revision}:{plain if plain.startswith('../') else here + plain}"


def show(path: str, most: int = SPEC_BYTES) -> bytes:
    """The bytes of `git:REV:path`, one more than `most` at most. Raises ModelError.

    No shell is asked, and nothing that a repository configures is run.
    """
    import subprocess

    command = ["git", "show", "--no-textconv", "--no-ext-diff", "--end-of-options", revision_file(path)]
    try:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, bufsize=0
        )
    except (OSError, ValueError) as error:
        reason = "git is not installed" if isinstance(error, FileNotFoundError) else reason_of(error)
        raise ModelError(Problem(f"cannot be read: {reason}", file=path)) from None
    with process:
        assert process.stdout is not None
        chunks, left = [], most + 1
        while left > 0 and (chunk := process.stdout.read(left)):
            chunks.append(chunk)
            left -= len(chunk)
        if left <= 0:
            process.kill()
            return b"".join(chunks)
        if process.wait(LONGEST) != 0:
            raise _refused(path)
    data = b"".join(chunks)
    if data.startswith(b"tree ") and data[5:].startswith(revision_file(path).encode() + b"\n"):
        raise ModelError(Problem("cannot be read: is a directory", file=path))
    return data


def _refused(path: str) -> ModelError:
    """Why git shows no `git:REV:path`, found out by asking it: its words change with its version and the language."""
    name = revision_file(path)
    revision, _, inside = name.partition(":")
    help = None
    if not _succeeds("rev-parse", "--git-dir"):
        reason = "here is no repository, or one of somebody else, which it does not trust"
    elif not _is_known(revision):
        reason = f"there is no revision {shown(revision)}"
        help = "'git fetch' brings a revision that this clone does not have"
    elif not _succeeds("cat-file", "-e", name):
        reason = f"{shown(revision)} has no file {shown(inside)}"
        help = "a path begins at the top of the repository; one that begins with ./ begins here"
    else:
        reason = "the file is there, but 'git show' fails"
    return ModelError(Problem(f"cannot be read: git: {reason}", file=path, help=help))


def lacks(path: str) -> bool:
    """Whether git knows the revision of `git:REV:path`, and it has no such file. Raises ModelError."""
    name = revision_file(path)
    return _is_known(name.partition(":")[0]) and not _succeeds("cat-file", "-e", name)


def _is_known(revision: str) -> bool:
    return _succeeds("rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}")


def _succeeds(*arguments: str) -> bool:
    """Whether a command of git ends well; False without git."""
    import subprocess

    try:
        done = subprocess.run(["git", *arguments], stdin=subprocess.DEVNULL, capture_output=True, check=False)
    except (OSError, ValueError):
        return False
    return done.returncode == 0
