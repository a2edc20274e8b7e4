"""Documentation of many languages from Debian's archive, unpacked into the cache; nothing is installed."""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from tests.bench import texts
from tests.bench.places import cache

PACKAGES = (
    "linux-doc-6.1",
    "python3.11-doc",
    "postgresql-doc-15",
    "debian-handbook",
    *(f"debian-reference-{language}" for language in ("zh-cn", "ja", "fr", "de")),
    *(f"libreoffice-help-{language}" for language in ("zh-cn", "ja", "ko", "hi", "el", "vi", "ru", "de", "fr")),
    *(f"manpages-{language}" for language in ("zh", "ja", "ru", "uk", "de", "fr", "es", "pl", "ro", "tr")),
    "fortunes",
    "fortunes-ru",
    "miscfiles",
)
RAW_PAGES = 25
"""Of so many HTML pages one is kept as it stands, markup and all."""

WANTED = re.compile(r"\.(?:html|txt|rst\.gz|[1-9]\w*\.gz)$|/games/fortunes/(?:ru/)?[^./]+$|/share/misc/[^.]+$|/share/misc/.*\.gz$")
LEFT_OUT = re.compile(r"/genindex|/searchindex|/changelog")


def unpacked_home() -> Path:
    """The folder that holds every package's files."""
    return cache("debian", "files")


def unpacked(package: str) -> Path | None:
    """The folder of a package's files; None, with a message, where the archive does not serve it."""
    folder, archives = unpacked_home() / package, cache("debian", "archives")
    if folder.exists():
        return folder
    try:
        subprocess.run(["apt-get", "download", "--quiet", package], cwd=archives, check=True, capture_output=True)
        (archive,) = archives.glob(f"{package}_*.deb")
        fresh = folder.with_suffix(".fresh")
        shutil.rmtree(fresh, ignore_errors=True)
        subprocess.run(["dpkg", "-x", archive, fresh], check=True)
        archive.unlink()
        fresh.rename(folder)
    except (OSError, subprocess.CalledProcessError, ValueError) as error:
        print(f"{package}: left out, apt-get and dpkg do not give it here ({type(error).__name__})", flush=True)
        return None
    return folder


def files(package: str) -> list[Path]:
    """The files of a package that hold text, in the order of their names."""
    folder = unpacked(package)
    found = sorted(folder.rglob("*")) if folder else []
    return [p for p in found if WANTED.search(str(p)) and not LEFT_OUT.search(str(p)) and p.is_file() and not p.is_symlink()]


def documents(path: Path) -> Iterator[tuple[str, str]]:
    """Id and text of each document in a file; an id is the file's path within its package, with a number where it has many."""
    name = str(path.relative_to(unpacked_home()))
    source = texts.read(path)
    if "/games/fortunes/" in name:
        for number, text in enumerate(texts.sayings(source)):
            yield f"{name}#{number}", text
    elif name.endswith(".html"):
        raw = number_of(name) % RAW_PAGES == 0
        yield name, source if raw else texts.from_html(source)
    elif "/man/" in name:
        yield name, texts.from_man(source)
    else:
        yield name, source


def number_of(name: str, seed: int = 0) -> int:
    """A number that looks random and is the same for the same name and seed."""
    return int.from_bytes(hashlib.sha256(f"{seed}:{name}".encode()).digest()[:8])
