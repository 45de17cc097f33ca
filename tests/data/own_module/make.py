"""Writes the files beside it, with a Python that has torch: python3 make.py

They are what docs/your_own_module.md and examples/own_module.cc are about: a small net as somebody trained and
saved it, the same saved out of a wrapper, one for fewer classes, and what Python computes with the first.
"""
import json
import pathlib

import torch
from torch import nn

HERE = pathlib.Path(__file__).parent


class Digits(nn.Module):
    def __init__(self, classes=10):
        super().__init__()
        self.scale = nn.Parameter(torch.ones(8, 1, 1))
        self.stem = nn.Sequential(
            nn.Conv2d(1, 8, 3, padding=1, bias=False),
            nn.BatchNorm2d(8),
            nn.ReLU(),
            nn.MaxPool2d(2),
        )
        self.fc = nn.Linear(8 * 4 * 4, classes)

    def forward(self, images):
        return self.fc((self.scale * self.stem(images)).flatten(1))


class Wrapper(nn.Module):
    def __init__(self, net):
        super().__init__()
        self.net = net


def trained(classes=10):
    """Values as training might have left them."""
    torch.manual_seed(classes)
    net = Digits(classes)
    with torch.no_grad():
        net.scale.uniform_(0.5, 1.5)
        net.fc.weight.mul_(20)
        net(torch.randn(64, 1, 8, 8))  # moves the running statistics
    return net.eval()


def main():
    net = trained()
    torch.save({"epoch": 12, "model": net.state_dict()}, HERE / "digits.pth")
    torch.save(Wrapper(net).state_dict(), HERE / "wrapped.pth")
    torch.save(trained(classes=5).state_dict(), HERE / "five_classes.pth")
    with torch.no_grad():
        logits = net(torch.arange(64.0).view(1, 1, 8, 8) / 64)
    (HERE / "logits.json").write_text(json.dumps(logits[0].tolist()) + "\n")


if __name__ == "__main__":
    main()
