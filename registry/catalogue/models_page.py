#!/usr/bin/env python3
"""Writes docs/models.md, the table of the weights that the built-in registry knows, from builtin.json.

usage: models_page.py [--check]

--check writes nothing and fails if docs/models.md is not what builtin.json gives.
"""
import json
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
PAGE = HERE.parent.parent / "docs" / "models.md"

HEAD = """\
# Models

The weights that zoo knows without being told: {entries} sets for {models} models. `registry/catalogue/models_page.py` makes
this page from the built-in registry; `zoo list` prints the same for the registries in force, and `zoo show NAME` all
that is known of one.

- **name**: what every command and `zoo::Pretrained` take. The bold one is the model's default, for which the model's
  name alone will do: `{model}` is `{name}`.
- **parameters** as the publisher counts them.
- **acc@1**, **acc@5**: per cent of the 50,000 photos of ImageNet-1K's validation set, as the publisher measured them; `-`
  where nothing is stated.
- **size** of the file; {exact} are known to the byte, the others to the kilobyte.
- **sha256**: `full`, or `prefix` where the publisher states only the digits in the file's name; the first pull then records
  all of them.
- **licence** of the weights; `-` where the publisher states none.
- **input**: the photo's short side is resized to the first number of pixels, bilinear or bicubic, and the centre square of
  the second is what the model sees.

| name | parameters | acc@1 | acc@5 | GFLOPS | size | sha256 | licence | input |
|---|--:|--:|--:|--:|--:|---|---|---|
"""

TAIL = """
All of them classify into the 1000 categories of ImageNet-1K, except {without}: weights to train other things from, without
a last layer of use.

There are modules without weights, too: `efficientnet_lite3` and `efficientnet_lite4` follow the stated rule of scaling, and
nobody has published numbers to compare them with. `zoo run --arch NAME --weights FILE` runs any of the architectures on
weights of your own, and [your_own_module.md](your_own_module.md) tells what to do with a module of your own.
"""


def size_of(artifact):
    size = artifact.get("size") or artifact["size_range"][1]
    return f"{size / 2**20:.1f} MiB"


def license_of(entry):
    name, _, rest = entry["license"].partition(" ")
    if entry["license"] == "not stated":
        return "-"
    return f"[{name}]({rest[1:-1]})" if rest else name


def row(entry):
    metrics = entry.get("metrics", {}).get("ImageNet-1K", {})
    preset = entry["preset"]
    name = f"{entry['model']}:{entry['weights']}"
    cells = [
        f"**{name}**" if entry.get("default") else name,
        f"{entry['parameters']:,}",
        *(f"{metrics[m]:.3f}" if m in metrics else "-" for m in ("acc@1", "acc@5")),
        f"{entry['gflops']:.3f}" if "gflops" in entry else "-",
        size_of(entry["artifact"]),
        "full" if "sha256" in entry["artifact"] else "prefix",
        license_of(entry),
        f"{preset['resize'][0]}, {preset['crop'][0]} {preset['interpolation']}",
    ]
    return "| " + " | ".join(cells) + " |\n"


def page(registry):
    entries = registry["entries"]
    example = next(e for e in entries if e["model"] == "resnet50" and e.get("default"))
    head = HEAD.format(
        entries=len(entries),
        models=len({e["model"] for e in entries}),
        model=example["model"],
        name=f"{example['model']}:{example['weights']}",
        exact=sum("size" in e["artifact"] for e in entries),
    )
    without = [f"{e['model']}:{e['weights']}" for e in entries if "categories" not in e]
    return head + "".join(map(row, entries)) + TAIL.format(without=", ".join(without))


def main():
    made = page(json.loads((HERE / "builtin.json").read_text(encoding="utf-8")))
    if "--check" in sys.argv[1:]:
        if PAGE.read_text(encoding="utf-8") != made:
            sys.exit("docs/models.md is not what builtin.json gives; run registry/catalogue/models_page.py")
        return
    PAGE.write_text(made, encoding="utf-8")


if __name__ == "__main__":
    main()
