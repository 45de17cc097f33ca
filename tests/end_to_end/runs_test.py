#!/usr/bin/env python3
"""zoo runs on folders that a run left and on folders of Python's checkpoints: tables, curves, JSON, exit codes, what is written where."""
import json
import os
import shutil
import subprocess
import sys
import unittest
import xml.dom.minidom

import harness

USAGE, NOT_FOUND, CORRUPT = 2, 3, 6

# What a training script in Python leaves; argv[1] is the folder.
TRAIN = """
import sys, torch
for epoch in range(3):
    model = torch.nn.Linear(4, 2)
    optimizer = torch.optim.Adam(model.parameters())
    torch.save({"epoch": epoch, "model_state_dict": model.state_dict(), "optimizer_state_dict": optimizer.state_dict(),
                "loss": 2.0 - epoch, "val": {"acc": 0.5}, "metrics": {"top1": torch.tensor(0.25 * epoch)}},
               sys.argv[1] + "/checkpoint%d.pt" % (10 - epoch))
"""


def epoch(number, loss, acc, **more):
    return {"epoch": number, "file": "m_%03d.pt" % number, "metrics": {"loss": loss, "acc": acc}, "time": "2026-11-24T15:%02d:00Z" % number,
            "seconds": 1.5, "kept": True, "best": False, **more}


class Runs(harness.ZooTest):
    def setUp(self):
        super().setUp()
        self.saved = self.folder / "my runs ß" / "saved"
        self.saved.mkdir(parents=True)

    def run_here(self, *args, **env):
        return self.zoo("runs", *args, cwd=self.folder, env={"TZ": "UTC", **env})

    def write_run(self, *epochs, **more):
        document = {"schema": "zoo/run-history/1", "monitor": "acc", "better": "higher", "epochs": epochs, "best": None, "last": None,
                    "stopped": None, **more}
        (self.saved / "run.json").write_text(json.dumps(document))
        for one in epochs:
            if one["kept"]:
                (self.saved / one["file"]).write_bytes(b"x" * 2048)

    def usual_run(self):
        self.write_run(epoch(0, 2.5, 0.25, kept=False), epoch(1, 1.25, 0.75), epoch(2, "nan", 0.5))

    def test_table(self):
        self.usual_run()
        self.assertEqual(self.run_here("my runs ß/saved"), (0, """\
my runs ß/saved: 3 epochs, 2 checkpoints of 4.0 KiB; best is epoch 1, acc 0.75 (higher is better)

   EPOCH    loss     acc     SIZE   TOOK  SAVED             FILE
       0  2.5000  0.2500   pruned  1.5 s  2026-11-24 15:00  m_000.pt
*      1  1.2500  0.7500  2.0 KiB  1.5 s  2026-11-24 15:01  m_001.pt
       2     nan  0.5000  2.0 KiB  1.5 s  2026-11-24 15:02  m_002.pt
""", ""))
        code, out, _ = self.run_here(self.saved, "--kept", "--sort", "loss", COLUMNS="40")
        self.assertEqual((code, out.split("\n\n")[1]), (0, """\
   EPOCH    loss     acc     SIZE   TOOK
*      1  1.2500  0.7500  2.0 KiB  1.5 s
       2     nan  0.5000  2.0 KiB  1.5 s
"""))
        code, out, _ = self.run_here(self.saved, "--last", "1", "--monitor", "loss")
        self.assertIn("best is epoch 1, loss 1.25 (lower is better)", out)
        self.assertNotIn("m_001", out)
        # In the folder itself no argument is needed.
        code, out, _ = self.zoo("runs", cwd=self.saved)
        self.assertEqual((code, out.split(":")[0]), (0, "."))

    def test_nothing_is_written_into_the_folder(self):
        self.usual_run()
        before = sorted(os.listdir(self.saved))
        self.run_here(self.saved)
        self.run_here(self.saved, "--plot")
        self.assertEqual(sorted(os.listdir(self.saved)), before)

    def test_plot(self):
        self.usual_run()
        for columns in ("40", "80"):
            code, out, err = self.run_here(self.saved, "--plot", COLUMNS=columns)
            self.assertEqual((code, err), (0, ""))
            self.assertTrue(out.endswith("\nsaved.svg\n"), out)
            self.assertIn("acc: last 0.5, best 0.75 at epoch 1\n", out)
            self.assertLessEqual(max(len(line) for line in out.split("\n\n", 1)[1].splitlines()), int(columns))
        code, out, err = self.run_here(self.saved, "--plot", "curves ö.svg", "--json")
        self.assertEqual((code, err, json.loads(out)["runs"][0]["plot"]), (0, "", "curves ö.svg"))
        self.assertEqual((self.folder / "curves ö.svg").read_bytes(), (self.folder / "saved.svg").read_bytes())
        document = xml.dom.minidom.parse(str(self.folder / "saved.svg"))
        self.assertEqual(document.documentElement.tagName, "svg")
        self.assertEqual([t.firstChild.data for t in document.getElementsByTagName("title")], ["saved"])
        # The folder may follow the flag, and the file may be said with a sign.
        self.assertEqual(self.run_here("--plot", self.saved)[0], 0)
        self.assertEqual(self.run_here("--plot=other.svg", self.saved)[0], 0)
        self.assertTrue((self.folder / "other.svg").exists())

    def test_plot_that_cannot_be(self):
        self.usual_run()
        other = self.folder / "other"
        shutil.copytree(self.saved, other)
        code, out, err = self.run_here(self.saved, other, "--plot", "both.svg")
        self.assertEqual((code, out), (USAGE, ""))
        self.assertIn('the curves of 2 runs do not go to one file "both.svg"', err)
        self.assertEqual(self.run_here(self.saved, other, "--plot")[0], 0)
        self.assertTrue((self.folder / "other.svg").exists())
        code, out, err = self.run_here(self.saved, "--plot", "none/x.svg")
        self.assertEqual((code, out), (NOT_FOUND, ""))
        self.assertIn("cannot write none/x.svg: No such file or directory", err)
        self.write_run()
        code, out, err = self.run_here(self.saved, "--plot")
        self.assertEqual((code, out, err), (NOT_FOUND, "", "zoo: %s: there is nothing to draw, no epoch has a metric\n" % self.saved))

    def test_json(self):
        self.usual_run()
        code, out, err = self.run_here(self.saved, "--json")
        report = json.loads(out)
        self.assertEqual((code, err, report["schema"], report["failed"]), (0, "", "zoo/runs/1", []))
        run = report["runs"][0]
        self.assertEqual({k: run[k] for k in run if k != "epochs"},
                         {"folder": str(self.saved), "from": "run.json", "monitor": "acc", "better": "higher", "metrics": ["loss", "acc"], "best": 1,
                          "last": 2, "stopped": None, "skipped": []})
        self.assertEqual(run["epochs"][2], {"epoch": 2, "file": "m_002.pt", "size": 2048, "metrics": {"loss": "nan", "acc": 0.5},
                                            "time": "2026-11-24T15:02:00Z", "seconds": 1.5, "kept": True, "best": False})

    def test_several_folders(self):
        self.usual_run()
        code, out, err = self.run_here("none", self.saved, self.saved, "--json")
        report = json.loads(out)
        self.assertEqual((code, len(report["runs"])), (NOT_FOUND, 2))
        self.assertEqual(report["failed"], [{"folder": "none", "code": "not_found", "message": "cannot list none: No such file or directory",
                                             "hint": ""}])
        self.assertEqual(err, "zoo: cannot list none: No such file or directory\n")
        code, out, _ = self.run_here("none", self.saved)
        self.assertEqual((code, out.count("3 epochs")), (NOT_FOUND, 1))

    def test_folders_that_hold_no_run(self):
        self.assertEqual(self.run_here(self.saved), (0, "%s: no epochs and no checkpoints\n" % self.saved, ""))
        self.assertEqual(json.loads(self.run_here(self.saved, "--json")[1])["runs"][0]["epochs"], [])
        (self.saved / "log.txt").write_text("text")
        code, out, err = self.run_here(self.saved)
        self.assertEqual((code, out), (0, "%s: no epochs and no checkpoints\n" % self.saved))
        self.assertTrue(err.startswith("skipped log.txt: "), err)
        self.assertEqual(self.run_here(self.saved, "--quiet")[2], "")
        (self.saved / "run.json").write_text("{")
        code, out, err = self.run_here(self.saved)
        self.assertEqual((code, out), (CORRUPT, ""))
        self.assertTrue(err.startswith("zoo: %s/run.json: not valid JSON at byte 2" % self.saved), err)

    def test_usage(self):
        self.usual_run()
        for arguments, message in (
                (("--sort", "los"), 'cannot sort %s by "los"; did you mean loss?' % self.saved),
                (("--monitor", "ac"), '%s: no epoch has a metric "ac"; did you mean "acc"?' % self.saved),
                (("--better", "up"), '`zoo runs` cannot take --better "up", only lower or higher'),
                (("--last", "0"), '`zoo runs` cannot take --last "0", only 1 or more'),
                (("--limit", "x=1"), '--limit "x=1"'),
        ):
            code, out, err = self.run_here(self.saved, *arguments)
            self.assertEqual((code, out), (USAGE, ""), arguments)
            self.assertTrue(err.startswith("zoo: " + message), err)

    def test_bare_checkpoints(self):
        for name in ("training.pth", "lightning.ckpt", "timm.pth"):
            shutil.copy(self.files[name], self.saved)
        (self.saved / "log.txt").write_text("text")
        code, out, err = self.run_here(self.saved, "--json")
        run = json.loads(out)["runs"][0]
        self.assertEqual((code, run["from"], run["monitor"], run["better"]), (0, "checkpoints", "best_acc1", "higher"))
        self.assertEqual(sorted((e["epoch"], e["file"]) for e in run["epochs"]), [(1, "lightning.ckpt"), (3, "timm.pth"), (3, "training.pth")])
        self.assertEqual({e["file"]: e["metrics"] for e in run["epochs"]},
                         {"lightning.ckpt": {}, "timm.pth": {"metric": 76.0}, "training.pth": {"best_acc1": 0.5}})
        self.assertEqual([s["file"] for s in run["skipped"]], ["log.txt"])
        # What was found is remembered beside the blobs, and never among them.
        memories = list(self.cache.rglob("*.json"))
        self.assertEqual([m.parent for m in memories], [self.cache / "runs"])
        stamp = memories[0].stat().st_mtime_ns
        self.assertEqual(self.run_here(self.saved, "--json"), (code, out, err))
        self.assertEqual(memories[0].stat().st_mtime_ns, stamp)
        self.assertEqual(self.zoo("cache", "list")[0], 0)

    def test_checkpoints_that_python_writes(self):
        python = os.environ.get("ZOO_PYTHON", sys.executable)
        subprocess.run([python, "-c", TRAIN, self.saved], check=True)
        code, out, err = self.run_here(self.saved, "--json")
        run = json.loads(out)["runs"][0]
        self.assertEqual((code, err, run["monitor"], run["best"], run["last"]), (0, "", "loss", 2, 2))
        self.assertEqual([e["metrics"] for e in run["epochs"]], [{"loss": 2.0 - n, "top1": 0.25 * n} for n in range(3)])


if __name__ == "__main__":
    unittest.main(argv=["runs_test"])
