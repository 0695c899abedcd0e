"""Safe unpacking of an untrusted ZIP: neither names nor the sizes in its headers are trusted.

Only files with the given extensions are written; other members (programs, ZIPs in the ZIP) are never opened.
"""

import re
import stat
import unicodedata
import zipfile
import zlib
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from core.errors import InputError, shortened
from core.progress import progress
from core.storage.disk_errors import DiskError
from core.storage.files import atomic_write

_CHUNK = 1 << 16  # bytes read at once
_UTF_8_NAME = 0x800  # the flag of members whose name is UTF-8
_ENCRYPTED = 0x1
_DRIVE = re.compile("[A-Za-z]:")
#: Names that Windows opens as a device, in any folder and with any extension.
_DEVICE = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³]) *(\.|$)", re.IGNORECASE)
#: Characters not allowed in file names on Windows, or removed at their end; a colon starts a hidden stream of a file.
_NOT_ON_WINDOWS = re.compile(r'[<>:"|?*\x01-\x1f]|[. ](?=\Z)')
#: Compression methods that unpack in chunks of a known size; the defaults of all archivers.
_METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}


@dataclass(frozen=True)
class Limits:
    """Limits of an archive. files: members of any kind. size: total bytes written, counted during unpacking.

    ratio: unpacked to packed size of one member beyond its first `free` bytes. Images are at 1, tables at 3 to 20, a
    deflate bomb near 1,000.
    """

    files: int = 50_000
    size: int = 2 * 1024**3
    ratio: int = 200
    free: int = 10 * 1024**2


def unpack(archive: Path, folder: Path, suffixes: Collection[str], limits: Limits = Limits()) -> int:
    """Unpack the members of `archive` with one of `suffixes` into `folder`, and return their number.

    Raises InputError: not a ZIP or damaged, encrypted, a name or link that could lead out of `folder`, over `limits`.
    The caller must then remove the files written so far.
    """
    try:
        with zipfile.ZipFile(archive) as opened:
            wanted = _checked(opened.infolist(), archive, suffixes, limits)
            written = 0
            for member, name in progress(wanted, "Unpacking the ZIP"):
                written += _write(opened, member, folder / name, limits, limits.size - written)
            return len(wanted)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError) as error:
        raise InputError(f"{archive.name} is not a readable ZIP: {shortened(str(error))}. Pack it again.") from None
    except DiskError as error:  # a full disk, a file where a folder should be
        raise InputError(f"{archive.name} cannot be unpacked: {error}") from None
    except OSError as error:  # a name too long for the disk
        raise InputError(f"{archive.name} cannot be unpacked: {error.strerror or error}.") from None


def _checked(
    members: list[zipfile.ZipInfo], file: Path, suffixes: Collection[str], limits: Limits
) -> list[tuple[zipfile.ZipInfo, PurePosixPath]]:
    """Check every member, and return those to write with their names."""
    archive, size = file.name, file.stat().st_size
    if len(members) > limits.files:
        raise InputError(
            f"{archive} has {len(members):,} files; the limit is {limits.files:,}. Import the unpacked folder instead."
        )
    wanted: dict[PurePosixPath, zipfile.ZipInfo] = {}
    for member in members:
        name = _safe_name(member, archive)
        if member.flag_bits & _ENCRYPTED:
            raise InputError(f"{archive}: '{shortened(str(name))}' is encrypted; pack it without a password.")
        if member.is_dir() or name.suffix.lower() not in suffixes or _is_hidden(name):
            continue
        if name in wanted:
            raise InputError(f"{archive} contains '{shortened(str(name))}' twice; pack the folder again.")
        if member.compress_size > size:  # else it could unpack to any ratio
            raise InputError(
                f"{archive}: the stated size of '{shortened(str(name))}' exceeds the size of the ZIP; pack the folder "
                "again."
            )
        if member.compress_type not in _METHODS:
            raise InputError(
                f"{archive}: '{shortened(str(name))}' is neither deflated nor stored; pack the folder again with the "
                "usual compression."
            )
        wanted[name] = member
    return [(member, name) for name, member in wanted.items()]


def _safe_name(member: zipfile.ZipInfo, archive: str) -> PurePosixPath:
    """Return the member's name as a relative path, valid on every system. Raises InputError for an unsafe name.

    Characters not allowed on Windows are percent-encoded, as in tables that name such files; on every system, so that
    a ZIP gives the same files everywhere.
    """
    raw = member.orig_filename  # `filename` is cut at a NUL
    if not member.flag_bits & _UTF_8_NAME:
        raw = _as_utf_8(raw)
    name = PurePosixPath(unicodedata.normalize("NFC", raw))  # macOS decomposes ü, tables do not
    leads_out = not raw or "\\" in raw or "\0" in raw or _DRIVE.match(raw) or name.is_absolute() or ".." in name.parts
    if leads_out or any(_DEVICE.match(part) for part in name.parts):
        raise InputError(
            f"{archive}: the name {shortened(repr(raw))} could lead out of its folder; rename the file and pack the "
            "folder again."
        )
    mode = member.external_attr >> 16
    if mode and stat.S_IFMT(mode) not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise InputError(
            f"{archive}: '{shortened(str(name))}' is a link or device, not a file; pack the files themselves."
        )
    return PurePosixPath(*(_NOT_ON_WINDOWS.sub(_percent_encoded, part) for part in name.parts))


def _percent_encoded(sign: re.Match[str]) -> str:
    return f"%{ord(sign[0]):02X}"


def _as_utf_8(name: str) -> str:
    """Decode UTF-8 that zipfile read in the old DOS code page, since macOS does not set the flag."""
    try:
        return name.encode("cp437").decode("utf-8")
    except UnicodeError:
        return name


def _is_hidden(name: PurePosixPath) -> bool:
    """Return whether an operating system added the file (`._photo.jpg`, `__MACOSX/`)."""
    return any(part.startswith(".") or part == "__MACOSX" for part in name.parts)


def _write(opened: zipfile.ZipFile, member: zipfile.ZipInfo, to: Path, limits: Limits, left: int) -> int:
    """Write one member of at most `left` bytes, and return its size."""
    size = 0
    with opened.open(member) as packed, atomic_write(to) as temporary, temporary.open("wb") as file:
        while chunk := packed.read(_CHUNK):
            size += len(chunk)
            if size > left:
                raise InputError(
                    f"{_name_of(opened)} unpacks to more than {limits.size // 1024**2:,} MB; import the unpacked "
                    "folder instead."
                )
            if size > limits.free and size > limits.ratio * max(1, member.compress_size):
                raise InputError(
                    f"{_name_of(opened)}: '{shortened(member.filename)}' unpacks to more than {limits.ratio} times its "
                    "packed size, which no image or table does; it was not unpacked. Remove the file from the ZIP."
                )
            file.write(chunk)
    return size


def _name_of(opened: zipfile.ZipFile) -> str:
    """Return the archive's file name, for messages."""
    return Path(opened.filename or "the ZIP").name
