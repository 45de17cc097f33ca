"""Writes option_goldens.json: what options of torchvision's builders change.

usage: python3 make_option_goldens.py > option_goldens.json
"""

import hashlib
import inspect
import json
import re
import sys
import warnings

import torch
import torchvision

from golden_values import KEPT, fill, image, versions

RULE = [
    "records: nets filled, and the input made, by the rule of model_goldens.json, in its fields of the same names. "
    "Nets are computed in float64, rows have at most 16 logits, f64_tol_abs is 1e-9 and f32_tol_abs 2e-5 of the "
    "largest logit.",
    "builders: every option of plain numbers that a class or builder of the family has, with a value other than "
    "Python's. takes: the builder accepts it, and the names and shapes of its state dict then are those of "
    "keys_sha256. refuses: it is an error, as where the builder itself passes the option. Lists of lists stand for "
    "lists of ConvStemConfig.",
]

# net, builder, options, input.
NETS = [
    ("densenet121 efficient", "densenet121", {"memory_efficient": True, "bn_size": 2}, [2, 3, 72, 56]),
    ("maxvit_t 222", "maxvit_t", {"input_size": [222, 222], "expansion_ratio": 2, "squeeze_ratio": 0.5}, [1, 3, 222, 222]),
    ("mobilenet_v2 stages", "mobilenet_v2",
     {"inverted_residual_setting": [[1, 16, 2, 1], [3, 24, 2, 2], [5, 50, 3, 1]], "width_mult": 0.7, "round_nearest": 4},
     [2, 3, 72, 56]),
    ("resnet50 dilated", "resnet50", {"replace_stride_with_dilation": [False, True, True]}, [2, 3, 72, 56]),
    ("vit_b_32 stem", "vit_b_32",
     {"conv_stem_configs": [[24, 3, 2], [32, 5, 4], [40, 2, 2], [48, 3, 2]], "image_size": 96, "representation_size": 40},
     [2, 3, 96, 96]),
]

# One value for each option; the first that a builder accepts is recorded.
VALUES = {
    "alpha": [0.9], "aux_logits": [False], "attention_dropout": [0.3], "block_channels": [[32, 64, 128, 256]],
    "block_config": [[2, 2, 2, 2]], "block_layers": [[1, 1, 1, 1]], "bn_size": [2], "conv_stem_configs":
    [[[8, 3, 2], [16, 3, 2], [24, 3, 2], [32, 3, 2]], [[8, 3, 2], [16, 3, 2], [24, 3, 2], [32, 3, 2], [48, 3, 2]],
     [[16, 15, 14]]],
    "depth": [3], "depths": [[1, 1, 1, 1]], "depth_mult": [2.0], "dilated": [True], "drop_rate": [0.3],
    "dropout": [0.35], "dropout_aux": [0.3], "embed_dim": [48], "expansion_ratio": [2], "group_width": [8],
    "groups": [2], "growth_rate": [16], "head_dim": [16], "hidden_dim": [96], "image_size": [448], "init_weights":
    [False], "input_size": [[448, 448]], "inverted_residual_setting": [[[1, 16, 1, 1], [6, 24, 2, 2]]],
    "last_channel": [640], "layer_scale": [1e-4], "layers": [[1, 1, 1, 1]], "memory_efficient": [True],
    "mlp_dim": [96], "mlp_dropout": [0.3], "mlp_ratio": [3], "num_classes": [7], "num_heads": [2],
    "num_init_features": [32], "num_layers": [2], "partition_size": [14], "patch_size": [8], "reduced_tail": [True],
    "replace_stride_with_dilation": [[False, True, True]], "representation_size": [24], "round_nearest": [16],
    "se_ratio": [0.5], "squeeze_ratio": [0.5], "stages_out_channels": [[24, 40, 80, 160, 512]],
    "stages_repeats": [[1, 1, 1]], "stem_channels": [32], "stem_width": [24], "stochastic_depth_prob": [0.35],
    "transform_input": [True], "version": ["1_1", "1_0"], "w_0": [64], "w_a": [20.0], "w_m": [2.3],
    "width_mult": [0.5], "width_per_group": [32], "window_size": [[4, 4]], "zero_init_residual": [True],
}  # fmt: skip


def build(builder, options):
    options = dict(options)
    if "conv_stem_configs" in options:
        config = torchvision.models.vision_transformer.ConvStemConfig
        options["conv_stem_configs"] = [config(*row) for row in options["conv_stem_configs"]]
    return getattr(torchvision.models, builder)(weights=None, **options)


def key_digest(state):
    kinds = {torch.float32: "f32", torch.int64: "i64"}
    lines = [f"{k} {kinds[t.dtype]} {','.join(map(str, t.shape))}" for k, t in state.items()]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def row_of(logits):
    return {"f64": logits[:16].tolist(), "sum": logits.sum().item(), "min": logits.min().item(),
            "max": logits.max().item(), "argmax": logits.argmax().item()}


def record(net, builder, options, shape):
    options = {"num_classes": 10, **options}
    model = build(builder, options).eval()
    fill(model)
    state = model.state_dict()
    filled = hashlib.sha256()
    for name, tensor in state.items():
        if not name.endswith(KEPT):
            filled.update(tensor.numpy().astype("<f4").tobytes())
    with torch.no_grad():
        logits = model.double()(image(shape).double())
    largest = logits.abs().max().item()
    return {"net": net, "builder": builder, "kwargs": options, "input": shape, "entries": len(state),
            "keys_sha256": key_digest(state), "fill_sha256": filled.hexdigest(), "rows": [row_of(r) for r in logits],
            "f64_tol_abs": 1e-9 * largest, "f32_tol_abs": 2e-5 * largest}


def named_options(model, module):
    """What the class, and the family's functions that take keywords for it, call options by name."""
    functions = [type(model).__init__]
    functions += [f for n, f in vars(module).items() if re.fullmatch(r"_\w+_conf", n)]
    return {name for function in functions for name in inspect.signature(function).parameters}


def takes(builder, name):
    module = sys.modules[getattr(torchvision.models, builder).__module__]
    for value in VALUES[name]:
        try:
            model = build(builder, {name: value})
            if name == "conv_stem_configs":  # which the constructor does not check
                model(torch.zeros(1, 3, 224, 224))
        except (TypeError, ValueError, RuntimeError, AssertionError):
            continue
        # Some classes swallow any keyword.
        if name in named_options(model, module):
            return {"value": value, "keys_sha256": key_digest(model.state_dict())}
    return None


def compute_widths():
    """RegNet's widths are computed by tensors, which need values in spite of the meta device."""
    params = torchvision.models.regnet.BlockParams
    plain = params.from_init_params.__func__

    def with_values(cls, **options):
        with torch.device("cpu"):
            return plain(cls, **options)

    params.from_init_params = classmethod(with_values)


def options_of(builder):
    with torch.device("meta"):
        found = {name: takes(builder, name) for name in VALUES}
    return {"builder": builder, "takes": {n: t for n, t in found.items() if t},
            "refuses": [n for n, t in found.items() if not t]}


def main():
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    compute_widths()
    builders = [options_of(name) for name in sorted(torchvision.models.list_models(module=torchvision.models))]
    records = [record(*net) for net in NETS]
    head = json.dumps({"versions": versions(), "rule": RULE}, indent=1).rstrip("\n}")
    lists = [",\n".join("  " + json.dumps(line) for line in lines) for lines in (builders, records)]
    print(f'{head},\n "builders": [\n{lists[0]}\n ],\n "records": [\n{lists[1]}\n ]\n}}')


main()
