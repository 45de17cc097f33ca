#!/usr/bin/env python3
"""Reads in Python what the C++ program digits saved, and says how many test digits it reads right.

    check.py DIGITS.csv FOLDER
"""

import json
import os
import sys

import torch
from torch import nn

TRAINING_ROWS = 1437


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 16, 3, padding=1)
        self.conv2 = nn.Conv2d(16, 32, 3, padding=1)
        self.dropout = nn.Dropout(0.25)
        self.fc1 = nn.Linear(32 * 4 * 4, 64)
        self.fc2 = nn.Linear(64, 10)

    def forward(self, x):
        x = torch.relu(self.conv1(x))
        x = torch.max_pool2d(torch.relu(self.conv2(x)), 2)
        x = torch.relu(self.fc1(self.dropout(x.flatten(1))))
        return self.fc2(x)


def accuracy(state_dict, rows):
    net = Net()
    net.load_state_dict(state_dict)
    net.eval()
    with torch.no_grad():
        guesses = net(rows[:, :64].view(-1, 1, 8, 8) / 16).argmax(1)
    return guesses.eq(rows[:, 64]).double().mean().item()


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    data, folder = sys.argv[1:]
    with open(data) as file:
        rows = torch.tensor([[float(field) for field in line.split(",")] for line in file])[TRAINING_ROWS:]
    with open(os.path.join(folder, "run.json")) as file:
        epochs = json.load(file)["epochs"]
    best = next(epoch for epoch in epochs if epoch["best"])
    checkpoint = torch.load(os.path.join(folder, best["file"]), weights_only=True)
    found = accuracy(checkpoint["model_state_dict"], rows)
    weights = accuracy(torch.load(os.path.join(folder, "best.pt"), weights_only=True), rows)
    print("epoch %d: C++ says %.4f, Python finds %.4f" % (best["epoch"], best["metrics"]["acc"], found))
    return 0 if found == weights == best["metrics"]["acc"] == checkpoint["acc"] else 1


if __name__ == "__main__":
    sys.exit(main())
