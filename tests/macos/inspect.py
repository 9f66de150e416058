"""Inspects Loadline.app and its archive: inspect.py PROJECT DIR FACTS. One line a check. See `inspect` beside it."""

import os
import platform
import plistlib
import re
import shutil
import stat
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import lief

# Started with -I: the folder of this script is not looked in unless it is named, and last, for it has an `inspect` too.
sys.path.append(str(Path(__file__).resolve().parent))
import icon
import signature

PROJECT, OUT, FACTS = map(Path, sys.argv[1:4])
APP = OUT / "Loadline.app"
CONTENTS = APP / "Contents"
PROGRAM = CONTENTS / "MacOS/loadline"
ICON = CONTENTS / "Resources/Loadline.icns"
VERSION = re.search(r'^version = "(.+)"', (PROJECT / "Cargo.toml").read_text(), re.MULTILINE)[1]
# Apple wants digits and dots there: 1.2.0-rc.1 is 1.2.0.
NUMERIC_VERSION = re.match(r"\d+\.\d+\.\d+", VERSION)[0]
ARCHIVE = OUT / f"Loadline-{VERSION}-macos-universal.zip"
INFO = plistlib.loads((CONTENTS / "Info.plist").read_bytes())
PARSED = lief.MachO.parse(str(PROGRAM))  # owns the halves
BINARIES = [PARSED.at(index) for index in range(PARSED.size)]
LIBSYSTEM = "/usr/lib/libSystem.B.dylib"
LIBSQLITE = "/usr/lib/libsqlite3.dylib"
# The one framework in use that PyObjC has no bindings for, and the runtime: their symbols are in Loadline's own list.
LISTED_HERE = {"IOKit", "libobjc.A.dylib", "libiconv.2.dylib"}
CHECKS = []


class Skipped(Exception):
    """This check cannot be made here."""


def check(function):
    """A check: it passes unless it raises."""
    CHECKS.append(function)
    return function


def equal(have, want):
    assert have == want, f"is {have!r}, not {want!r}"


# --- the program (LIEF) ------------------------------------------------------------------------------------------------


@check
def program_is_universal():
    """the program is for Apple silicon and for Intel, and for nothing else"""
    equal(sorted(binary.header.cpu_type.name for binary in BINARIES), ["ARM64", "X86_64"])


@check
def program_is_an_executable():
    """each half is a position-independent, two-level-namespace executable with a UUID of its own"""
    flags = lief.MachO.Header.FLAGS
    for binary in BINARIES:
        equal(binary.header.file_type.name, "EXECUTE")
        missing = {flags.NOUNDEFS, flags.DYLDLINK, flags.TWOLEVEL, flags.PIE} - set(binary.header.flags_list)
        assert not missing, f"lacks {missing}"
        assert binary.has_main_command and binary.has_uuid
    assert len({tuple(binary.uuid.uuid) for binary in BINARIES}) == 2


@check
def program_runs_on_macos_13():
    """each half says macOS 13.0, as the property list does, and a recent SDK"""
    for binary in BINARIES:
        equal(binary.build_version.platform.name, "MACOS")
        equal(".".join(map(str, binary.build_version.minos[:2])), INFO["LSMinimumSystemVersion"])
        assert binary.build_version.sdk[0] >= 13, binary.build_version.sdk


@check
def libraries_are_the_systems():
    """it loads system libraries alone, each once and by its real install name, and looks nowhere else"""
    framework = re.compile(r"/System/Library/Frameworks/(\w+)\.framework/Versions/([AC])/\1")
    for binary in BINARIES:
        names = [library.name for library in binary.libraries]
        assert len(names) == len(set(names)), f"one twice: {names}"
        for name in names:
            match = framework.fullmatch(name)
            if match:
                equal(match[2], "C" if match[1] in ("AppKit", "Foundation") else "A")
            else:
                assert name in (LIBSYSTEM, "/usr/lib/libobjc.A.dylib", "/usr/lib/libiconv.2.dylib", LIBSQLITE), name
        assert LIBSYSTEM in names and not binary.has_rpath and not binary.has_dyld_environment


@check
def both_halves_load_the_same():
    """both halves load the same libraries"""
    first, second = ({library.name for library in binary.libraries} for binary in BINARIES)
    equal(first, second)


@check
def memory_is_not_writable_and_executable():
    """no segment is both writable and executable; constants are marked read-only"""
    for binary in BINARIES:
        for segment in binary.segments:
            assert int(segment.init_protection) & 6 != 6, segment.name
        assert binary.get_segment("__DATA_CONST").flags & 0x10, "__DATA_CONST is not read-only"


@check
def program_is_stripped():
    """no debug symbols, no names of local functions"""
    for binary in BINARIES:
        names = [s.name for s in binary.symbols if s.has_export_info is False and s.raw_type & 0xE0]
        assert not names, names[:5]


def imports(binary):
    """(library, symbol) of everything the program takes from outside."""
    for symbol in binary.imported_symbols:
        assert symbol.has_binding_info and symbol.binding_info.has_library, f"{symbol.name} is from nowhere"
        yield symbol.binding_info.library.name, symbol.name


@check
def libsystem_has_what_is_imported():
    """libSystem of macOS 13 exports every symbol that is taken from it (Zig's list)"""
    known = set((FACTS / "libSystem.txt").read_text().split())
    for binary in BINARIES:
        used = {symbol for library, symbol in imports(binary) if library == LIBSYSTEM}
        assert len(used) > 50 and used <= known, sorted(used - known)


@check
def log_format_is_where_the_system_looks():
    """the format of the messages for the unified log is in the section that the system reads it from"""
    for binary in BINARIES:
        section = binary.get_section("__TEXT", "__oslogstring")
        assert section, "there is no __TEXT,__oslogstring"
        equal(bytes(section.content).rstrip(b"\0"), b"%{public}s")


@check
def sqlite_has_what_is_imported():
    """SQLite 3.34.1 has every symbol that is taken from it, and so has that of macOS 13, 3.39 (bindings of libsqlite3-sys)"""
    home = Path(os.environ.get("CARGO_HOME") or Path.home() / ".cargo")
    bindings = home.glob("registry/src/*/libsqlite3-sys-*/bindgen-bindings/bindgen_3.34.1.rs")
    known = {f"_{name}" for path in bindings for name in re.findall(r"pub fn (sqlite3_\w+)", path.read_text())}
    for binary in BINARIES:
        used = {symbol for library, symbol in imports(binary) if library == LIBSQLITE}
        assert len(used) > 15 and used <= known, sorted(used - known)


@check
def frameworks_have_what_is_imported():
    """the frameworks of macOS 13 export every symbol that is taken from them (PyObjC's bindings)"""
    known = set((FACTS / "frameworks.txt").read_text().split())
    listed = set((PROJECT / "bundle/cross/symbols.txt").read_text().split())
    for binary in BINARIES:
        for library, symbol in imports(binary):
            name = re.sub(r"^_(OBJC_(META)?CLASS_\$_)?", "", symbol)
            if Path(library).name in LISTED_HERE or name == "__CFConstantStringClassReference":
                assert symbol in listed, f"{symbol} of {library}"
            elif library not in (LIBSYSTEM, LIBSQLITE):
                assert name in known, f"{symbol} of {library}"


# --- the bundle ---------------------------------------------------------------------------------------------------------


@check
def bundle_holds_just_this():
    """the bundle holds what it should, readable by all, executable where it should be, and no links"""
    files = {str(path.relative_to(CONTENTS)): path.lstat().st_mode for path in CONTENTS.rglob("*") if not path.is_dir()}
    fleet = [str(path.relative_to(PROJECT / "resources")) for path in (PROJECT / "resources/fleet").rglob("*.*")]
    resources = ["LICENSE-APACHE", "LICENSE-MIT", "Loadline.icns", "dev.loadline.server.plist", *fleet]
    want = ["Info.plist", "MacOS/loadline", "PkgInfo", "_CodeSignature/CodeResources", *(f"Resources/{r}" for r in resources)]
    equal(sorted(files), sorted(want))
    for name, mode in files.items():
        equal(oct(mode), oct(stat.S_IFREG | (0o755 if name.startswith("MacOS/") else 0o644)))


@check
def bundle_is_small():
    """the app is under 8.5 MB"""
    size = sum(path.stat().st_size for path in CONTENTS.rglob("*") if path.is_file())
    assert size < 8_500_000, f"{size} bytes"


@check
def plist_says_what_it_should():
    """Info.plist: id, version, menu bar only, category, copyright, the program and the icon it names"""
    for key, value in {
        "CFBundleIdentifier": "dev.loadline.Loadline",
        "CFBundleShortVersionString": NUMERIC_VERSION,
        "CFBundleVersion": NUMERIC_VERSION,
        "CFBundlePackageType": "APPL",
        "CFBundleInfoDictionaryVersion": "6.0",
        "CFBundleDevelopmentRegion": "en",
        "CFBundleName": "Loadline",
        "CFBundleSupportedPlatforms": ["MacOSX"],
        "LSUIElement": True,
        "LSMinimumSystemVersion": "13.0",
        "LSApplicationCategoryType": "public.app-category.utilities",
        "NSHighResolutionCapable": True,
        "NSPrincipalClass": "NSApplication",
    }.items():
        equal(INFO.get(key), value)
    assert re.match(r"© \d{4} \S", INFO["NSHumanReadableCopyright"])
    assert (CONTENTS / "MacOS" / INFO["CFBundleExecutable"]).is_file()
    assert (CONTENTS / "Resources" / f"{INFO['CFBundleIconFile']}.icns").is_file()
    equal((CONTENTS / "PkgInfo").read_bytes(), b"APPL????")


@check
def icon_has_all_sizes():
    """the icon has all ten sizes, 16 to 512 and each at @2x, every one a picture of that size (icnsutil, Pillow)"""
    found = icon.pictures(ICON)
    for kind, image in found.items():
        assert image.getpixel((0, 0))[3] == 0, f"{kind} has no transparent corner"
        assert len(image.getcolors(maxcolors=2**20)) > 20, f"{kind} is blank"
    sizes = {"ic04": 16, "ic11": 32, "ic05": 32, "ic12": 64, "ic07": 128, "ic13": 256, "ic08": 256, "ic14": 512, "ic09": 512, "ic10": 1024}
    equal({kind: image.size for kind, image in found.items()}, {kind: (size, size) for kind, size in sizes.items()})


@check
def icon_may_hold_more_than_pictures():
    """the same icon with what Apple's iconutil adds, a property list and a table of contents, has the same pictures"""
    with tempfile.TemporaryDirectory() as folder:
        other = Path(folder, "other.icns")
        icon.with_other_chunks(ICON, other)
        for chunk in (b"info", b"TOC "):
            assert chunk in other.read_bytes(), f"{chunk} was not added"
        have, want = icon.pictures(other), icon.pictures(ICON)
    equal({kind: image.tobytes() for kind, image in have.items()}, {kind: image.tobytes() for kind, image in want.items()})


# --- the archive (unzip) ------------------------------------------------------------------------------------------------


def listing(folder):
    """Of everything below: what it is, its mode, its content."""
    found = {}
    for path in sorted([folder, *folder.rglob("*")]):
        mode = path.lstat().st_mode
        content = os.readlink(path) if path.is_symlink() else path.read_bytes() if path.is_file() else b""
        found[str(path.relative_to(folder))] = (oct(mode), content)
    return found


@check
def archive_unpacks_to_the_app():
    """unzip makes of the archive the very same app: modes, links, contents"""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["unzip", "-q", str(ARCHIVE), "-d", folder], check=True)
        equal(os.listdir(folder), ["Loadline.app"])
        have, want = listing(Path(folder, "Loadline.app")), listing(APP)
    equal(sorted(have), sorted(want))
    for name in want:
        assert have[name] == want[name], f"{name} differs"


@check
def archive_is_reproducible():
    """the archive is in order, and dated as one"""
    with zipfile.ZipFile(ARCHIVE) as archive:
        assert archive.testzip() is None
        names = archive.namelist()
        equal(len({entry.date_time for entry in archive.infolist()}), 1)
    equal([name.rstrip("/") for name in names], sorted(name.rstrip("/") for name in names))


# --- the signature ------------------------------------------------------------------------------------------------------


@check
def signature_holds():
    """the ad-hoc signature holds: every page of both halves, Info.plist, the seal over every file"""
    if os.environ.get("LOADLINE_SIGN_IDENTITY"):
        raise Skipped("it is signed with a certificate")
    signature.verify(APP, lief.MachO.parse)


@check
def signature_tells_a_change():
    """it does not when a byte of the program, the property list or a licence is another, or a file was added"""
    for name, old, new in [
        ("MacOS/loadline", b"__TEXT", b"__TEXU"),
        ("MacOS/loadline", b"Activity Monitor", b"Activity monitor"),
        ("Info.plist", b"utilities", b"utilitiez"),
        ("Resources/LICENSE-MIT", b"Permission", b"permission"),
        ("Resources/another", b"", b"new"),
    ]:
        with tempfile.TemporaryDirectory() as folder:
            contents = Path(shutil.copytree(APP, Path(folder, "Loadline.app")), "Contents")
            data = (contents / name).read_bytes() if (contents / name).exists() else b""
            assert old in data, f"{name} has no {old}"
            last = data.rindex(old)
            (contents / name).write_bytes(data[:last] + new + data[last + len(old) :])
            try:
                signature.verify(contents.parent, lief.MachO.parse)
            except signature.Wrong:
                continue
            raise AssertionError(f"a change of {name} goes unnoticed")


@check
def signature_holds_for_apple():
    """codesign verifies it"""
    if platform.system() != "Darwin":
        raise Skipped("only on a Mac")
    subprocess.run(["codesign", "--verify", "--strict", "--verbose=2", str(APP)], check=True)


def main():
    passed = failed = 0
    for function in CHECKS:
        try:
            function()
            passed += 1
            print(f"ok    {function.__doc__}")
        except Skipped as reason:
            print(f"-     {function.__doc__}: {reason}")
        except Exception as error:  # whatever it is: the check did not pass, and the next one is made
            failed += 1
            print(f"FAIL  {function.__doc__}: {error}")
    print(f"{passed} passed, {failed} failed")
    return failed > 0


sys.exit(main())
