"""Writes scheduler_goldens.json: the learning rates that PyTorch's schedulers set, as Python prints them (every digit that counts).

usage: python3 make_scheduler_goldens.py > scheduler_goldens.json
"""

import json
import math
import random
import sys
import warnings

import torch

SETTINGS = [
    ("StepLR", {"step_size": 1}, 12),
    ("StepLR", {"step_size": 3, "gamma": 0.7}, 20),
    ("StepLR", {"step_size": 10, "gamma": 0.333}, 45),
    ("MultiStepLR", {"milestones": [2, 5, 9]}, 14),
    ("MultiStepLR", {"milestones": [0, 3, 3, 3, 7], "gamma": 0.3}, 12),
    ("MultiStepLR", {"milestones": [], "gamma": 0.5}, 3),
    ("CosineAnnealingLR", {"T_max": 1}, 6),
    ("CosineAnnealingLR", {"T_max": 2, "eta_min": 0.01}, 12),
    ("CosineAnnealingLR", {"T_max": 7}, 40),
    ("CosineAnnealingLR", {"T_max": 10, "eta_min": 0.001}, 45),
    ("CosineAnnealingLR", {"T_max": 50, "eta_min": 1e-6}, 110),
    ("ReduceLROnPlateau", {"patience": 2}, 40),
    ("ReduceLROnPlateau", {"mode": "max", "patience": 1, "factor": 0.5, "cooldown": 2}, 40),
    ("ReduceLROnPlateau", {"patience": 0, "threshold": 0.05, "threshold_mode": "abs", "min_lr": 0.002}, 40),
    ("ReduceLROnPlateau", {"mode": "max", "patience": 3, "threshold": 0.1, "threshold_mode": "abs", "factor": 0.9}, 40),
    ("ReduceLROnPlateau", {"patience": 1, "min_lr": [0.01, 0.0001], "eps": 1e-4}, 40),
]
LRS = [0.1, 0.0037]


def metrics(count, mode, seed):
    """Noise around a value that gets better, then stays."""
    generator = random.Random(seed)
    sign = 1 if mode == "max" else -1
    return [sign * min(i, 10) / 10 + generator.uniform(-0.2, 0.2) for i in range(count)]


def record(name, options, steps, seed):
    optimizer = torch.optim.SGD([{"params": [torch.nn.Parameter(torch.zeros(1))], "lr": lr} for lr in LRS], lr=1.0)
    scheduler = getattr(torch.optim.lr_scheduler, name)(optimizer, **options)
    watched = metrics(steps, options.get("mode", "min"), seed) if name == "ReduceLROnPlateau" else []
    rates = [[group["lr"] for group in optimizer.param_groups]]
    for i in range(steps):
        scheduler.step(*watched[i:i + 1])
        assert scheduler.get_last_lr() == [group["lr"] for group in optimizer.param_groups]
        rates.append(scheduler.get_last_lr())
    result = {"scheduler": name, "options": options, "rates": rates}
    return {**result, "metrics": watched} if watched else result


def main():
    warnings.simplefilter("ignore")
    records = [record(*row, seed) for seed, row in enumerate(SETTINGS)]
    assert all(math.isfinite(rate) for it in records for row in it["rates"] for rate in row)
    head = json.dumps({"made_with": "PyTorch " + torch.__version__.split("+")[0], "lrs": LRS})
    lines = ",\n".join(json.dumps(it) for it in records)
    sys.stdout.write(head[:-1] + ', "records": [\n' + lines + "\n]}\n")


if __name__ == "__main__":
    main()
