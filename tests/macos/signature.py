"""Verifies a bundle's ad-hoc signature as macOS does: the pages of each program, and the seal over the other files.

There is no public verifier outside macOS that knows ad-hoc signatures, so this one is ours. It shares nothing with the
signer (crate apple-codesign). The layout is that of Apple's open-source cs_blobs.h and of technical note TN2206; LIEF
finds the signature in the file. On a Mac `codesign --verify --strict` is asked as well.
"""

import hashlib
import plistlib
import struct
from pathlib import Path

EMBEDDED_SIGNATURE, CODE_DIRECTORY, REQUIREMENTS = 0xFADE0CC0, 0xFADE0C02, 0xFADE0C01
INFO, REQUIREMENTS_SLOT, RESOURCES = 1, 2, 3
ADHOC, LINKER_SIGNED = 0x2, 0x20000
# Neither is sealed by itself: the first is the signature, the second is in the code directory's own slot.
NOT_LISTED = {"_CodeSignature/CodeResources", "Info.plist", "PkgInfo"}


class Wrong(Exception):
    """The signature does not match what it signs."""


def sha256(data):
    return hashlib.sha256(data).digest()


def blobs(signature):
    """The parts of a signature, by slot."""
    magic, _, count = struct.unpack_from(">III", signature)
    if magic != EMBEDDED_SIGNATURE:
        raise Wrong("no embedded signature")
    found = {}
    for index in range(count):
        slot, offset = struct.unpack_from(">II", signature, 12 + 8 * index)
        length = struct.unpack_from(">I", signature, offset + 4)[0]
        found[slot] = signature[offset : offset + length]
    return found


class CodeDirectory:
    """The list of hashes."""

    def __init__(self, blob):
        fields = struct.unpack_from(">IIIIIIIIIBBBBI", blob)
        magic, _, _, self.flags, self.hashes, name, self.specials, self.pages, self.limit, size, kind, _, log2, _ = fields
        if (magic, size, kind) != (CODE_DIRECTORY, 32, 2):
            raise Wrong("not a code directory of SHA-256 hashes")
        self.blob, self.page = blob, 1 << log2
        self.identifier = blob[name : blob.index(b"\0", name)].decode()

    def hash(self, index):
        """Of page `index`; -1 and below are the special slots."""
        return self.blob[self.hashes + 32 * index : self.hashes + 32 * index + 32]


def verify_program(binary, data, identifier, info_plist, resources):
    """One architecture: `binary` as LIEF parsed it, `data` its bytes."""
    where = binary.code_signature
    parts = blobs(data[where.data_offset : where.data_offset + where.data_size])
    directory = CodeDirectory(parts[0])
    if directory.identifier != identifier:
        raise Wrong(f"signed as {directory.identifier}")
    if not directory.flags & ADHOC or directory.flags & LINKER_SIGNED:
        raise Wrong(f"flags {directory.flags:#x}")
    if directory.limit != where.data_offset or where.data_offset + where.data_size != len(data):
        raise Wrong("the signature does not cover the whole program")
    if directory.pages != -(-directory.limit // directory.page):
        raise Wrong("pages are missing")
    for index in range(directory.pages):
        page = data[index * directory.page : min((index + 1) * directory.page, directory.limit)]
        if sha256(page) != directory.hash(index):
            raise Wrong(f"page {index} was changed")
    for slot, content in ((INFO, info_plist), (RESOURCES, resources), (REQUIREMENTS_SLOT, parts.get(2, b""))):
        if slot > directory.specials or directory.hash(-slot) != sha256(content):
            raise Wrong(f"special slot {slot} does not match")


def verify_seal(contents):
    """CodeResources lists every other file, and each is as it was."""
    sealed = plistlib.loads((contents / "_CodeSignature/CodeResources").read_bytes())["files2"]
    program = "MacOS/" + plistlib.loads((contents / "Info.plist").read_bytes())["CFBundleExecutable"]
    names = {str(path.relative_to(contents)) for path in contents.rglob("*") if path.is_file()}
    if names - NOT_LISTED - {program} != set(sealed) - NOT_LISTED:
        raise Wrong(f"sealed {sorted(sealed)}, there are {sorted(names)}")
    for name, entry in sealed.items():
        if entry["hash2"] != sha256((contents / name).read_bytes()):
            raise Wrong(f"{name} was changed")


def verify(app, parse):
    """The whole bundle; `parse` is lief.MachO.parse."""
    contents = Path(app) / "Contents"
    info_plist = (contents / "Info.plist").read_bytes()
    info = plistlib.loads(info_plist)
    resources = (contents / "_CodeSignature/CodeResources").read_bytes()
    program = contents / "MacOS" / info["CFBundleExecutable"]
    whole = program.read_bytes()
    halves = parse(str(program))
    for index in range(halves.size):
        binary = halves.at(index)
        data = whole[binary.fat_offset : binary.fat_offset + binary.original_size]
        verify_program(binary, data, info["CFBundleIdentifier"], info_plist, resources)
    verify_seal(contents)
