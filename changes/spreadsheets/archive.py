"""A workbook is a ZIP: refused before anything is unpacked into memory when it would not end, and measured, for sizes may lie."""

from __future__ import annotations

import struct
import zipfile
import zlib
from pathlib import Path
from typing import IO

from changes.spreadsheets.words import MAX_BYTES, SheetError, megabytes

MAX_UNPACKED, MAX_MEMBERS = 200_000_000, 2_000
MAX_RATIO, FREE_RATIO = 100, 20_000_000
"""How many times its size a file may unpack to, and up to how many bytes nobody asks."""
BLOCK = 1 << 18
AGAIN = "Open it in a spreadsheet program and save it again as .xlsx, or as CSV."
_LOCAL_HEADER = struct.Struct("<26xHH")


def check_archive(path: Path) -> None:
    """Raises SheetError for what is too big, unpacks to too much, is encrypted, or unpacks to more than it says."""
    size = path.stat().st_size
    if size > MAX_BYTES["xlsx"]:
        raise SheetError(f"This workbook has {megabytes(size)}; at most {megabytes(MAX_BYTES['xlsx'])} are taken: save it as CSV.")
    with zipfile.ZipFile(path) as archive:
        members = archive.infolist()
    unpacked = sum(member.file_size for member in members)
    if unpacked > MAX_UNPACKED or (unpacked > FREE_RATIO and unpacked > MAX_RATIO * size):
        raise SheetError(f"This workbook holds {megabytes(unpacked)} inside {megabytes(size)}, and is not opened. Save it as CSV.")
    if len(members) > MAX_MEMBERS:
        raise SheetError(f"This workbook has {len(members):,} parts; at most {MAX_MEMBERS:,} are taken. Save it as CSV.")
    if any(member.flag_bits & 1 for member in members):
        raise SheetError("This workbook is encrypted: save it without a password.")
    names = {member.filename.casefold() for member in members}
    if len(names) < len(members) or any(member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) for member in members):
        raise SheetError(f"This workbook is packed in a way that no spreadsheet program does. {AGAIN}")
    with path.open("rb") as file:
        for member in members:
            _check_member(file, member)


def _check_member(file: IO[bytes], member: zipfile.ZipInfo) -> None:
    """The length that was declared, and XML without a document type, whose entities could grow without end."""
    file.seek(member.header_offset)
    header = file.read(_LOCAL_HEADER.size)
    if len(header) < _LOCAL_HEADER.size:
        raise SheetError(f"This workbook is damaged. {AGAIN}")
    file.seek(sum(_LOCAL_HEADER.unpack(header)), 1)
    inflate = zlib.decompressobj(-zlib.MAX_WBITS) if member.compress_type == zipfile.ZIP_DEFLATED else None
    left, found, tail = member.compress_size, 0, b""
    while left and (packed := file.read(min(BLOCK, left))):
        left -= len(packed)
        while packed:
            block = _inflated(inflate, packed)
            packed = inflate.unconsumed_tail if inflate else b""
            if not found and block.startswith((b"\xff\xfe", b"\xfe\xff", b"<\0", b"\0<")):
                raise SheetError(f"This workbook holds XML that is not UTF-8. {AGAIN}")
            found += len(block)
            if found > member.file_size:
                raise SheetError(
                    f"A part of this workbook unpacks to more than the {megabytes(member.file_size)} that it declares. {AGAIN}"
                )
            if b"<!DOCTYPE" in tail + block:
                raise SheetError(f"This workbook holds a document type, which no spreadsheet program writes. {AGAIN}")
            tail = block[-16:]


def _inflated(inflate: zlib._Decompress | None, packed: bytes) -> bytes:
    if inflate is None:
        return packed
    try:
        return inflate.decompress(packed, BLOCK)
    except zlib.error as exc:
        raise SheetError(f"This workbook is damaged. {AGAIN}") from exc
