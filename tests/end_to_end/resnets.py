"""resnet50 in plain torch.nn, under the names of torchvision's classes and modules, for files of whole models.

Needs torch. The papers: arXiv 1512.03385, and 1511.07122 for dilation in the place of strides.
"""
from torch import nn

from torchvision_names import name_as_torchvision


class Bottleneck(nn.Module):
    def __init__(self, inside, middle, stride, dilation, first):
        super().__init__()
        outside = middle * 4
        self.conv1, self.bn1 = nn.Conv2d(inside, middle, 1, bias=False), nn.BatchNorm2d(middle)
        self.conv2 = nn.Conv2d(middle, middle, 3, stride, dilation, dilation, bias=False)
        self.bn2 = nn.BatchNorm2d(middle)
        self.conv3, self.bn3 = nn.Conv2d(middle, outside, 1, bias=False), nn.BatchNorm2d(outside)
        self.relu = nn.ReLU(inplace=True)
        self.downsample = nn.Sequential(nn.Conv2d(inside, outside, 1, stride, bias=False), nn.BatchNorm2d(outside)) if first else None

    def forward(self, x):
        out = self.relu(self.bn2(self.conv2(self.relu(self.bn1(self.conv1(x))))))
        return self.relu(self.bn3(self.conv3(out)) + (self.downsample(x) if self.downsample else x))


class ResNet(nn.Module):
    def __init__(self, num_classes=1000, replace_stride_with_dilation=(False, False, False)):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(3, 64, 7, 2, 3, bias=False), nn.BatchNorm2d(64)
        self.relu, self.maxpool = nn.ReLU(inplace=True), nn.MaxPool2d(3, 2, 1)
        inside, dilation = 64, 1
        for i, (blocks, dilate) in enumerate(zip((3, 4, 6, 3), (False, *replace_stride_with_dilation))):
            middle, before = 64 << i, dilation
            dilation *= 2 if dilate else 1
            parts = []
            for j in range(blocks):
                # The first block dilates as those before it.
                parts.append(Bottleneck(inside, middle, 2 if i > 0 and j == 0 and not dilate else 1, dilation if j else before, j == 0))
                inside = middle * 4
            setattr(self, f"layer{i + 1}", nn.Sequential(*parts))
        self.avgpool, self.fc = nn.AdaptiveAvgPool2d((1, 1)), nn.Linear(inside, num_classes)

    def forward(self, x):
        x = self.maxpool(self.relu(self.bn1(self.conv1(x))))
        return self.fc(self.avgpool(self.layer4(self.layer3(self.layer2(self.layer1(x))))).flatten(1))


for made in (Bottleneck, ResNet):
    name_as_torchvision(made, "torchvision.models.resnet")
