#!/usr/bin/env python3
"""Counts test cases from Bazel's build event files and the test.xml files that they name.

usage: tools/count_tests.py [--also ROOM:NAME=passed|failed]... EVENTS.json...

A test that lists no cases counts as one; so does a target that does not build. The last line is
"N passed, M failed"; exit 1 if one failed or none ran.
"""
import argparse
import collections
import json
import os
import sys
import urllib.parse
import xml.etree.ElementTree

Counts = collections.namedtuple("Counts", "passed failed skipped names")


def cases(path):
    """Counts of one test.xml; None if there is none that can be read."""
    try:
        root = xml.etree.ElementTree.parse(path).getroot()
    except (OSError, xml.etree.ElementTree.ParseError):
        return None
    passed = skipped = 0
    failed = []
    for case in root.iter("testcase"):
        name = ".".join(filter(None, (case.get("classname"), case.get("name"))))
        if case.find("failure") is not None or case.find("error") is not None:
            failed.append(name)
        elif case.find("skipped") is not None or case.get("result") in ("skipped", "suppressed"):
            skipped += 1
        elif case.get("status") != "notrun":
            passed += 1
    return Counts(passed, len(failed), skipped, failed)


def read(path):
    """From one event file: {label: [(status, path of test.xml)]}, labels that did not build, whether all was well."""
    tests = collections.defaultdict(list)
    broken = {}
    well = False
    with open(path, encoding="utf-8", errors="replace") as lines:
        for line in lines:
            event = json.loads(line)
            key = event.get("id", {})
            if "testResult" in key:
                result = event.get("testResult", {})
                uris = {o.get("name"): o.get("uri", "") for o in result.get("testActionOutput", [])}
                xml_path = urllib.parse.unquote(urllib.parse.urlparse(uris.get("test.xml", "")).path)
                tests[key["testResult"]["label"]].append((result.get("status", ""), xml_path))
            elif "targetCompleted" in key and not event.get("completed", {}).get("success"):
                broken[key["targetCompleted"]["label"]] = True
            elif "buildFinished" in key:
                finished = event.get("finished", {})
                well = finished.get("exitCode", {}).get("name", "SUCCESS") in ("SUCCESS", "TESTS_FAILED")
    return tests, [label for label in broken if label not in tests], well


def of_target(results):
    """Counts of one target, whose shards and runs are summed."""
    total = Counts(0, 0, 0, [])
    for status, path in results:
        found = cases(path) or Counts(0, 0, 0, [])
        good = status in ("PASSED", "FLAKY")
        if good and not (found.passed or found.failed or found.skipped):
            found = Counts(1, 0, 0, [])
        elif not good and not found.failed:  # it crashed, or ran out of time
            found = Counts(found.passed, 1, found.skipped, [status.lower().replace("_", " ")])
        total = Counts(*(a + b for a, b in zip(total, found)))
    return total


def main(argv):
    parser = argparse.ArgumentParser()
    parser.add_argument("--also", action="append", default=[])
    parser.add_argument("events", nargs="+")
    args = parser.parse_args(argv)
    rooms = collections.defaultdict(lambda: [0, 0, 0, 0])
    failures = []
    for name, _, outcome in (also.partition("=") for also in args.also):
        good = outcome == "passed"
        room = rooms[name.split(":")[0]]
        for i, n in enumerate((1, int(good), int(not good))):
            room[i] += n
        failures += [] if good else [name]
    for path in args.events:
        tests, broken, well = read(path)
        before = len(failures)
        for label, results in tests.items():
            counts = of_target(results)
            room = rooms[label.split(":")[0]]
            for i, n in enumerate((1, counts.passed, counts.failed, counts.skipped)):
                room[i] += n
            failures += ["%s  %s" % (label, name) for name in counts.names]
        for label in broken:
            rooms[label.split(":")[0]][2] += 1
            failures.append("%s  did not build" % label)
        if not well and len(failures) == before:
            rooms["//"][2] += 1
            failures.append("%s: the build did not come to its end" % os.path.basename(path))
    print()
    width = max([len(room) for room in rooms] + [4])
    for room, (targets, passed, failed, skipped) in sorted(rooms.items()):
        print("%-*s %4d targets %6d passed %4d failed %4d skipped" % (width, room, targets, passed, failed, skipped))
    if failures:
        print("\nfailed:")
        for failure in failures:
            print("  " + failure)
    _, passed, failed, _ = [sum(column) for column in zip(*rooms.values())] or [0, 0, 0, 0]
    print("\n%d passed, %d failed" % (passed, failed))
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
