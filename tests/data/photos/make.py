#!/usr/bin/env python3
"""Makes the small images beside this file from chelsea.png, and made.json with the SHA-256 of the
RGB bytes that Pillow decodes each of them to (but for 16-bit grey, see eight_bits); and resized.json
with those of chelsea.png at odd sizes. Needs Pillow 13 and numpy.

Pillow writes neither 16-bit colour nor interlaced PNG, so PNGs are written here.
"""

import hashlib
import io
import json
import pathlib
import struct
import zlib

import numpy as np
from PIL import Image

HERE = pathlib.Path(__file__).resolve().parent
GREY, RGB, PALETTE, GREY_ALPHA, RGBA = 0, 2, 3, 4, 6
ADAM7 = [(0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1)]


def chunk(kind, body):
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def packed_rows(samples, depth):
    """Rows of [height, width, channels] samples, each behind filter byte 0."""
    out = b""
    for row in samples.reshape(samples.shape[0], -1) if samples.size else []:
        if depth == 16:
            out += b"\0" + row.astype(">u2").tobytes()
        else:
            bits = np.unpackbits(row.astype(np.uint8)[:, None], axis=1)[:, 8 - depth:]
            out += b"\0" + np.packbits(bits.reshape(-1)).tobytes()
    return out


def png(samples, depth, colour, chunks=(), interlaced=False):
    samples = np.atleast_3d(samples)
    height, width = samples.shape[:2]
    if interlaced:
        raw = b"".join(packed_rows(samples[y::dy, x::dx], depth) for y, x, dy, dx in ADAM7)
    else:
        raw = packed_rows(samples, depth)
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, int(interlaced))
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + b"".join(chunk(*c) for c in chunks) +
            chunk(b"IDAT", zlib.compress(raw, 9)) + chunk(b"IEND", b""))


def saved(image, **options):
    buffer = io.BytesIO()
    image.save(buffer, **options)
    return buffer.getvalue()


def as_ycck(cmyk_jpeg):
    """The same file with its Adobe marker saying YCCK: other colours, another path of the decoder."""
    at = cmyk_jpeg.index(b"\xff\xee\x00\x0eAdobe")
    transform = at + 4 + 11
    return cmyk_jpeg[:transform] + b"\x02" + cmyk_jpeg[transform + 1:]


def jpegs():
    photo = Image.open(HERE / "chelsea.png").convert("RGB")
    face = photo.crop((100, 60, 197, 133))  # odd sides: blocks are cut at the border
    turned = Image.Exif()
    turned[0x0112] = 6
    yield "chelsea_420.jpg", saved(photo, format="JPEG", quality=85, subsampling="4:2:0")
    yield "jpeg_422.jpg", saved(face, format="JPEG", quality=85, subsampling="4:2:2")
    yield "jpeg_grey.jpg", saved(face.convert("L"), format="JPEG", quality=85)
    yield "jpeg_progressive.jpg", saved(face, format="JPEG", quality=85, subsampling="4:2:0", progressive=True)
    yield "jpeg_restart.jpg", saved(face, format="JPEG", quality=85, restart_marker_rows=1)
    yield "jpeg_turned.jpg", saved(face, format="JPEG", quality=85, exif=turned)
    cmyk = saved(face.convert("CMYK"), format="JPEG", quality=85)
    yield "jpeg_cmyk.jpg", cmyk
    yield "jpeg_ycck.jpg", as_ycck(cmyk)


def pngs():
    face = Image.open(HERE / "chelsea.png").convert("RGB").crop((110, 70, 147, 99))
    rgb = np.asarray(face).astype(np.uint32)
    grey = np.asarray(face.convert("L")).astype(np.uint32)
    alpha = (np.indices(grey.shape).sum(axis=0) * 5 % 256).astype(np.uint32)
    wide = lambda x: x * 256 + (255 - x)  # the low byte is another one, so that dropping it shows
    quantized = face.quantize(200)
    colours = bytes(quantized.getpalette()[:600])
    yield "png_grey1.png", png(grey >> 7, 1, GREY)
    yield "png_grey2.png", png(grey >> 6, 2, GREY)
    yield "png_grey4.png", png(grey >> 4, 4, GREY)
    yield "png_grey8.png", png(grey, 8, GREY, [(b"tRNS", struct.pack(">H", grey[0, 0]))])
    yield "png_grey16.png", png(wide(grey), 16, GREY)
    yield "png_grey_alpha.png", png(np.dstack([grey, alpha]), 8, GREY_ALPHA)
    yield "png_grey_alpha16.png", png(wide(np.dstack([grey, alpha])), 16, GREY_ALPHA)
    yield "png_rgb.png", png(rgb, 8, RGB, [(b"gAMA", struct.pack(">I", 30000)), (b"tRNS", struct.pack(">3H", *rgb[0, 0]))])
    yield "png_rgb16.png", png(wide(rgb), 16, RGB)
    yield "png_rgba.png", png(np.dstack([rgb, alpha]), 8, RGBA)
    yield "png_rgba16.png", png(wide(np.dstack([rgb, alpha])), 16, RGBA)
    yield "png_palette8.png", png(np.asarray(quantized), 8, PALETTE, [(b"PLTE", colours), (b"tRNS", bytes(range(0, 200)))])
    for depth in (1, 2, 4):
        few = face.quantize(2 ** depth)
        plte = bytes(few.getpalette()[:3 * 2 ** depth])
        yield "png_palette%d.png" % depth, png(np.asarray(few), depth, PALETTE, [(b"PLTE", plte)])
    yield "png_interlaced.png", png(rgb, 8, RGB, interlaced=True)
    yield "png_interlaced_grey1.png", png(grey >> 7, 1, GREY, interlaced=True)
    yield "png_one_pixel.png", png(rgb[:1, :1], 8, RGB, interlaced=True)


def eight_bits(image):
    if image.mode == "I;16":  # convert() makes every sample above 255 white; colour keeps the high byte
        return np.repeat((np.asarray(image) >> 8).astype(np.uint8)[:, :, None], 3, axis=2)
    return np.asarray(image.convert("RGB"))


def resized():
    photo = Image.open(HERE / "chelsea.png").convert("RGB")
    long = photo.crop((0, 100, 451, 103)).resize((451 * 70, 3), Image.Resampling.NEAREST)  # windows of thousands
    sizes = [(1, 1), (451, 1), (1, 300), (451, 299), (450, 300), (2, 900), (1353, 7), (64, 64), (452, 301)]
    tall = photo.crop((100, 0, 200, 300))
    edges = [(50, 200), (50, 199), (51, 200), (90, 280), (90, 279), (101, 299), (101, 301), (200, 150), (33, 100)]
    for source, image, todo in [("chelsea.png", photo, sizes), ("long", long, [(3, 3), (7, 5), (1, 1)]),
                                ("tall", tall, edges)]:
        for width, height in todo:
            for mode in ("bilinear", "bicubic"):
                pixels = np.asarray(image.resize((width, height), Image.Resampling[mode.upper()]))
                yield {"photo": source, "width": width, "height": height, "interpolation": mode,
                       "rgb_sha256": hashlib.sha256(pixels.tobytes()).hexdigest()}


def write_rows(name, rows):
    lines = ",\n".join("  " + json.dumps(row) for row in rows)
    (HERE / name).write_text("[\n" + lines + "\n]\n")


def main():
    made = []
    for name, data in [*jpegs(), *pngs()]:
        (HERE / name).write_bytes(data)
        image = Image.open(io.BytesIO(data))
        pixels = eight_bits(image)
        made.append({"file": name, "mode": image.mode, "width": image.width, "height": image.height,
                     "rgb_sha256": hashlib.sha256(pixels.tobytes()).hexdigest()})
    write_rows("made.json", made)
    write_rows("resized.json", resized())


if __name__ == "__main__":
    main()
