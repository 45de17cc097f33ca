#!/usr/bin/env python3
"""State dicts and whole models, written by C++ and by PyTorch and loaded by the other, compute the same.

Runs itself again with the Python that has torch, which ZOO_PYTHON names. torchvision need not be there: classes of our own stand
under the names of its.
"""
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

TOLERANCE = 1e-5


def logits(model):
    i = torch.arange(3 * 64 * 64)
    image = ((i * 7 % 101).float() / 101 - 0.5).view(1, 3, 64, 64)
    with torch.no_grad():
        return model.eval()(image).flatten().double().tolist()


def run(*arguments):
    return subprocess.run([FILES, *map(str, arguments)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def parse(done):
    if done.returncode != 0:
        raise AssertionError(done.stderr)
    name, training, *numbers = done.stdout.split()
    return name, training == "true", [float.fromhex(number) for number in numbers]


class Interchange(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory(prefix="zoo ünï-", dir=os.environ.get("TEST_TMPDIR"))
        cls.folder = pathlib.Path(cls.temporary.name)
        cls.made = parse(run("make", cls.folder))

    @classmethod
    def tearDownClass(cls):
        cls.temporary.cleanup()

    def close(self, found, expected):
        for a, b in zip(found, expected, strict=True):
            self.assertLess(abs(a - b), TOLERANCE)

    def test_state_dict_of_cpp(self):
        model = SqueezeNet()
        state = torch.load(self.folder / "state.pt", weights_only=True)
        self.assertEqual(list(state), list(model.state_dict()))
        model.load_state_dict(state)
        self.close(logits(model), self.made[2])

    def test_whole_model_of_cpp(self):
        whole = torch.load(self.folder / "whole.pt", weights_only=True)
        self.assertEqual({key: value for key, value in whole.items() if key != "state_dict"},
                         {"schema": "zoo/model/1", "architecture": "squeezenet1_1", "options": {"num_classes": 7, "dropout": 0.25},
                          "training": True})
        model = SqueezeNet(**whole["options"])
        model.load_state_dict(whole["state_dict"])
        self.close(logits(model), self.made[2])
        self.assertEqual(parse(run("whole", self.folder / "whole.pt")), self.made)

    def test_state_dict_of_python(self):
        model = SqueezeNet()
        torch.save(model.state_dict(), self.folder / "python.pt")
        self.close(parse(run("state", self.folder / "python.pt"))[2], logits(model))

    def test_whole_model_of_python(self):
        for wrap in (lambda it: it, torch.nn.DataParallel, lambda it: {"epoch": 3, "net": it}):
            for training in (True, False):
                model = SqueezeNet(num_classes=5, dropout=0.5).train(training)
                torch.save(wrap(model), self.folder / "model.pth")
                name, mode, numbers = parse(run("whole", self.folder / "model.pth"))
                self.assertEqual((name, mode), ("squeezenet1_1", training))
                self.close(numbers, logits(model))

    def test_what_is_frozen(self):
        model = SqueezeNet().train()
        model.features.requires_grad_(False)[3].eval()
        torch.save(model, self.folder / "frozen.pth")
        lines = run("modes", self.folder / "frozen.pth").stdout.splitlines()
        self.assertEqual([line for line in lines if line.startswith("frozen")],
                         [f"frozen {name}" for name, _ in model.named_parameters() if name.startswith("features.")])
        self.assertEqual([line for line in lines if line.startswith("eval")],
                         [f"eval features.3{name}" for name in ("", ".squeeze", ".expand1x1", ".expand3x3")])

    def test_widths_and_what_nothing_tells(self):
        models = [(MobileNetV2, "mobilenet_v2", {"width_mult": width}) for width in (1.0, 0.35, 0.75, 1.3, 1 / 3)]
        models += [(MobileNetV3, "mobilenet_v3_small", options)
                   for options in ({}, {"width_mult": 0.75}, {"width_mult": 1.37, "reduced_tail": True}, {"dilated": True},
                                   {"width_mult": 0.5, "reduced_tail": True, "dilated": True})]
        models += [(ResNet, "resnet50", {"replace_stride_with_dilation": replaced})
                   for replaced in ((False, False, False), (False, True, True), (True, False, False), (False, False, True))]
        for made, architecture, options in models:
            with self.subTest(architecture=architecture, **options):
                torch.manual_seed(1)
                model = made(num_classes=6, **options)
                with torch.no_grad():
                    for tensor in model.state_dict().values():
                        if tensor.is_floating_point():
                            tensor.uniform_(-0.3, 0.3) if tensor.dim() > 1 else tensor.uniform_(0.5, 1.5)
                torch.save(model, self.folder / "made.pth")
                name, _, numbers = parse(run("whole", self.folder / "made.pth"))
                self.assertEqual(name, architecture)
                expected = logits(model)
                largest = max(map(abs, expected))
                self.assertGreater(largest, 0.1)
                self.close([number / largest for number in numbers], [number / largest for number in expected])

    def test_a_width_that_is_none(self):
        model = MobileNetV2(num_classes=6, width_mult=0.5)
        model.features[18] = torch.nn.Sequential(torch.nn.Conv2d(160, 1288, 1, bias=False), torch.nn.BatchNorm2d(1288), torch.nn.ReLU6(inplace=True))
        torch.save(model, self.folder / "made.pth")
        done = run("whole", self.folder / "made.pth")
        self.assertEqual(done.returncode, 1)
        self.assertIn("the nearest is mobilenet_v2, and 5 tensors differ", done.stderr)

    def test_what_shapes_do_not_show(self):
        torch.save(SqueezeNet(stride=1), self.folder / "other.pth")
        done = run("whole", self.folder / "other.pth")
        self.assertEqual(done.returncode, 1)
        self.assertIn("it holds a torchvision.models.squeezenet.SqueezeNet that is no architecture that is known: the nearest is "
                      "squeezenet1_1, and features.0.stride is another", done.stderr)

    def test_layers_without_tensors(self):
        nn = torch.nn
        rows = [("features.2", lambda it: it.features.__setitem__(2, nn.Identity())),
                ("features.2", lambda it: it.features.__setitem__(2, nn.Sequential())),
                ("features.2", lambda it: it.features.__setitem__(2, nn.MaxPool2d(3, 2))),
                ("features.3.squeeze_activation", lambda it: setattr(it.features[3], "squeeze_activation", nn.SiLU())),
                ("features.3.own", lambda it: setattr(it.features[3], "own", nn.Flatten())),
                ("features.3.expand3x3.padding_mode", lambda it: setattr(it.features[3].expand3x3, "padding_mode", "reflect")),
                ("classifier.3", lambda it: it.classifier.__setitem__(3, nn.AdaptiveMaxPool2d(1))),
                ("classifier.3", lambda it: it.classifier.__setitem__(3, nn.AdaptiveAvgPool2d(2))),
                ("count of ReLU", lambda it: it.features._modules.pop("1")),
                ("count of MaxPool2d", lambda it: it.features._modules.pop("2"))]
        for what, alter in rows:
            with self.subTest(what):
                model = SqueezeNet()
                alter(model)
                torch.save(model, self.folder / "altered.pth")
                done = run("whole", self.folder / "altered.pth")
                self.assertEqual(done.returncode, 1)
                self.assertIn(f"the nearest is squeezenet1_1, and {what} is another;", done.stderr)

    def test_layers_of_other_releases(self):
        model = SqueezeNet()
        model.features[2].kernel_size = (3, 3)
        del model.features[5].ceil_mode, model.features[0].padding_mode
        torch.save(model, self.folder / "older.pth")
        self.assertEqual(parse(run("whole", self.folder / "older.pth"))[0], "squeezenet1_1")

    def test_class_that_is_not_known(self):
        torch.save(torch.nn.Sequential(torch.nn.Linear(2, 3)), self.folder / "own.pth")
        done = run("whole", self.folder / "own.pth")
        self.assertEqual(done.returncode, 1)
        self.assertIn("it holds a torch.nn.modules.container.Sequential, a class that is not known; its state dict can be loaded into a "
                      "module of your own by LoadStateDict", done.stderr)


if __name__ == "__main__":
    FILES = os.path.abspath(sys.argv[1])
    python = os.environ.get("ZOO_PYTHON", sys.executable)
    if os.environ.get("MODEL_INTERCHANGE_TEST_INNER") != "1":
        os.environ["MODEL_INTERCHANGE_TEST_INNER"] = "1"
        os.execvp(python, [python, __file__, FILES])
    import torch
    from mobilenets import MobileNetV2, MobileNetV3
    from resnets import ResNet
    from squeezenets import SqueezeNet
    unittest.main(argv=["model_interchange_test"])
