"""Reads the pictures in an .icns, with icnsutil and Pillow."""

import io
import tempfile
from pathlib import Path

import icnsutil
from PIL import Image

# What an .icns may hold beside pictures: a table of contents, and what the tool that made it says of itself. Apple's
# iconutil writes `info`, bundle/cross/icns writes none of them.
OTHER_CHUNKS = {"TOC ", "icnV", "info", "name"}
# Pixels that are packed channel by channel, and no file of their own.
PACKED = {"ic04", "ic05"}


def pictures(path):
    """The pictures of the .icns at `path`, by the kind that says their size."""
    found = {}
    for kind, data in icnsutil.IcnsFile(str(path)).media.items():
        if kind in OTHER_CHUNKS:
            continue
        if kind in PACKED:
            with tempfile.TemporaryDirectory() as folder:
                png = Path(folder, "icon.png")
                icnsutil.ArgbImage(data=data).write_png(str(png))
                data = png.read_bytes()
        found[kind] = Image.open(io.BytesIO(data)).convert("RGBA")
    return found


def with_other_chunks(path, out):
    """Writes the .icns at `path` as Apple's tools do: with a table of contents and a property list about itself."""
    icns = icnsutil.IcnsFile(str(path))
    icns.add_media("info", data=b"bplist00\xd1\x01\x02TnameTicon\x08\x0b\x10\x00\x00\x00\x00\x00\x00\x01\x01\x00")
    icns.write(str(out), toc=True)
