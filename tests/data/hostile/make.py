"""Writes the hostile files of this folder, all of them byte by byte: nothing but Python is needed.

    python3 make.py

What each tries stands beside it. What zoo must say of each is in expected.json, which expect.py writes from zoo's own
answers, to be read by a person before it is committed.
"""

import make_calls
import make_pickle
import make_tensor
import make_wrong
import make_zip
from assemble import HERE, write

for part in (make_calls, make_zip, make_pickle, make_tensor, make_wrong):
    part.make()
for file in HERE.iterdir():
    if file.suffix not in {".py", ".json", ".bazel"} and file.is_file() and file not in write.done:
        file.unlink()
print(len(write.done), "files,", sum(file.stat().st_size for file in write.done), "bytes")
