#!/usr/bin/env python3
"""Checkpoints of trainings, written by C++ and by PyTorch, loaded by the other and gone on with: the losses must be those of the one that
was not interrupted.

The arithmetic of SGD, RMSprop and Adagrad is the same in both, so that every bit is. Adam, AdamW and LBFGS compute in another order; their
losses agree within TOLERANCE.

Runs itself again with the Python that has torch, which ZOO_PYTHON names.
"""
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

BEFORE, AFTER = 4, 3
EXACT = ("SGD", "RMSprop", "Adagrad")
TOLERANCE = 1e-6  # relative, on a loss


def numbers(rows, columns, seed):
    """The inputs and initial weights of train_steps.cc."""
    i = torch.arange(rows * columns)
    return (((i * 7 + seed * 5) * (i + 3) % 101).double() / 101.0 - 0.5).float().view(rows, columns)


def make_net():
    net = torch.nn.Module()
    net.first = torch.nn.Linear(8, 16)
    net.second = torch.nn.Linear(16, 4)
    with torch.no_grad():
        for seed, parameter in enumerate(net.parameters(), 1):
            parameter.copy_(numbers(1, parameter.numel(), seed).view(parameter.shape))
    return net


def make_scheduler(optimizer, name):
    schedulers = torch.optim.lr_scheduler
    return {
        "StepLR": lambda: schedulers.StepLR(optimizer, 2, 0.5),
        "MultiStepLR": lambda: schedulers.MultiStepLR(optimizer, [1, 5, 5], 0.7),
        "CosineAnnealingLR": lambda: schedulers.CosineAnnealingLR(optimizer, 6, 0.001),
        "ReduceLROnPlateau": lambda: schedulers.ReduceLROnPlateau(optimizer, factor=0.5, patience=0, threshold=0.1),
    }[name]()


class Training:
    def __init__(self, case):
        self.net = make_net()
        named = list(self.net.named_parameters())
        groups = [{key: tuple(value) if isinstance(value, list) else value for key, value in group.items()} for group in case["groups"]]
        for i, group in enumerate(groups):
            group["params"] = [p for name, p in named if len(groups) == 1 or name.endswith("bias") == (i == 1)]
        # Adagrad's first sums are those of all groups.
        first = groups[0] if case["optimizer"] == "Adagrad" else {}
        defaults = {key: value for key, value in first.items() if key != "params"}
        self.optimizer = getattr(torch.optim, case["optimizer"])(groups, **{"lr": 1.0, **defaults})
        self.scheduler = make_scheduler(self.optimizer, case["scheduler"])

    def step(self, step):
        images, targets = numbers(5, 8, 100 + step), numbers(5, 4, 200 + step)

        def closure():
            self.optimizer.zero_grad()
            hidden = torch.tanh(self.net.first(images))
            loss = (self.net.second(hidden) - targets).square().mean()
            loss.backward()
            return loss

        loss = self.optimizer.step(closure).item()
        if isinstance(self.scheduler, torch.optim.lr_scheduler.ReduceLROnPlateau):
            self.scheduler.step(loss)
        else:
            self.scheduler.step()
        return loss

    def train(self):
        torch.manual_seed(7)
        for step in range(BEFORE):
            loss = self.step(step)
        torch.rand(3)
        return loss

    def go_on(self):
        drawn = torch.rand(4, dtype=torch.float64).sum().item()
        losses = [self.step(BEFORE + i) for i in range(AFTER)]
        return losses, drawn, self.scheduler.state_dict()["_last_lr"][-1]

    def checkpoint(self, loss):
        return {"epoch": BEFORE, "model_state_dict": self.net.state_dict(), "optimizer_state_dict": self.optimizer.state_dict(),
                "scheduler_state_dict": self.scheduler.state_dict(), "loss": loss, "rng_state": torch.get_rng_state()}

    def load(self, checkpoint):
        self.net.load_state_dict(checkpoint["model_state_dict"])
        self.optimizer.load_state_dict(checkpoint["optimizer_state_dict"])
        self.scheduler.load_state_dict(checkpoint["scheduler_state_dict"])
        torch.set_rng_state(checkpoint["rng_state"])


def others_layouts(it):
    """What PyTorch Lightning, timm and the ImageNet example would have saved."""
    model, optimizer, scheduler = it["model_state_dict"], it["optimizer_state_dict"], it["scheduler_state_dict"]
    wrapped = {"module." + name: value for name, value in model.items()}
    rng = {"rng_state": it["rng_state"]}
    return {
        "lightning": {"epoch": 3, "global_step": 4, "pytorch-lightning_version": "2.5.0", "state_dict": model, "loops": {}, "callbacks": {},
                      "optimizer_states": [optimizer], "lr_schedulers": [scheduler], **rng},
        "timm": {"epoch": 3, "arch": "net", "state_dict": model, "optimizer": optimizer, "version": 2, "lr_scheduler": scheduler,
                 "metric": 0.5, **rng},
        "imagenet": {"epoch": 4, "arch": "net", "state_dict": wrapped, "best_acc1": torch.tensor(0.5), "optimizer": optimizer,
                     "scheduler": scheduler, **rng},
    }


def parse(output):
    lines = {}
    for line in output.splitlines():
        name, *rest = line.split()
        *losses, drawn, lr = map(float.fromhex, rest)
        lines.setdefault(name, []).append((losses, drawn, lr))
    return lines


def shape_of(value):
    """Keys in their order, kinds of values, shapes and dtypes of tensors; whole and other numbers are not told apart."""
    if isinstance(value, dict):
        return type(value), [(key, shape_of(item)) for key, item in value.items()]
    if isinstance(value, (list, tuple)):
        return type(value), [shape_of(item) for item in value]
    if isinstance(value, torch.Tensor):
        return value.dtype, tuple(value.shape)
    return float if type(value) is int else type(value)


class Interchange(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        torch.set_num_threads(1)
        cls.temporary = tempfile.TemporaryDirectory(prefix="zoo ünï-", dir=os.environ.get("TEST_TMPDIR"))
        cls.folder = pathlib.Path(cls.temporary.name)
        with open(CASES) as file:
            cls.cases = {case["name"]: case for case in json.load(file)["cases"]}
        cls.made = {name: rows[0] for name, rows in parse(cls.run_cpp("make", cls.folder)).items()}

    @classmethod
    def tearDownClass(cls):
        cls.temporary.cleanup()

    @staticmethod
    def run_cpp(*arguments):
        return subprocess.run([TRAIN, CASES, *map(str, arguments)], check=True, stdout=subprocess.PIPE, text=True).stdout

    def same(self, case, found, expected):
        self.assertEqual(found[1:], expected[1:], case["name"])  # random numbers and learning rate
        if case["optimizer"] in EXACT:
            self.assertEqual(found[0], expected[0], case["name"])
        for a, b in zip(found[0], expected[0], strict=True):
            self.assertLess(abs(a - b), TOLERANCE * abs(b), case["name"])

    def test_cpp_to_cpp(self):
        found = parse(self.run_cpp("continue", *(f"{name}={self.folder / name}.pt" for name in self.cases)))
        self.assertEqual({name: rows[0] for name, rows in found.items()}, self.made)

    def test_cpp_to_python(self):
        for name, case in self.cases.items():
            training = Training(case)
            training.load(torch.load(self.folder / f"{name}.pt", weights_only=True))
            self.same(case, training.go_on(), self.made[name])

    def test_python_to_cpp(self):
        expected, arguments = {}, []
        for name, case in self.cases.items():
            training = Training(case)
            torch.save(training.checkpoint(training.train()), self.folder / f"python_{name}.pt")
            expected[name] = training.go_on()
            arguments.append(f"{name}={self.folder}/python_{name}.pt")
        found = parse(self.run_cpp("continue", *arguments))
        for name, case in self.cases.items():
            self.same(case, found[name][0], expected[name])

    def test_files_are_alike(self):
        for name, case in self.cases.items():
            training = Training(case)
            python = training.checkpoint(training.train())
            cpp = torch.load(self.folder / f"{name}.pt", weights_only=True)
            self.assertEqual(list(cpp), list(python))
            if case["optimizer"] == "LBFGS":  # 'al' is room for an intermediate result
                for it in (cpp, python):
                    states = it["optimizer_state_dict"]["state"]
                    states[0] = {key: states[0][key] for key in sorted(states[0]) if key != "al"}
                python["optimizer_state_dict"]["param_groups"][0].pop("maximize", None)  # since 2.14
            for it in (cpp, python):  # what a group says itself comes first in Python
                it = it["optimizer_state_dict"]
                it["param_groups"] = [dict(sorted(group.items())) for group in it["param_groups"]]
            self.assertEqual(shape_of(cpp), shape_of(python), name)
            self.assertEqual(cpp["model_state_dict"]._metadata, python["model_state_dict"]._metadata)

    def test_layouts_of_others(self):
        case = self.cases["sgd_momentum"]
        training = Training(case)
        checkpoint = training.checkpoint(training.train())
        arguments = []
        for name, layout in others_layouts(checkpoint).items():
            torch.save(layout, self.folder / f"{name}.ckpt")
            arguments.append(f"sgd_momentum={self.folder}/{name}.ckpt")
        expected = training.go_on()
        self.assertEqual(parse(self.run_cpp("continue", *arguments)), {"sgd_momentum": [expected] * 3})


if __name__ == "__main__":
    TRAIN, CASES = map(os.path.abspath, sys.argv[1:])
    python = os.environ.get("ZOO_PYTHON", sys.executable)
    if os.environ.get("TRAINING_INTERCHANGE_TEST_INNER") != "1":
        os.environ["TRAINING_INTERCHANGE_TEST_INNER"] = "1"
        os.execvp(python, [python, __file__, TRAIN, CASES])
    import torch
    unittest.main(argv=["training_interchange_test"])
