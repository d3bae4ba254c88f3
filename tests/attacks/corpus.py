"""Notebooks that attack their marking: each tries to get a mark it has not earned, to reach out, or to stall the rest.

Answers that break something open go on with the right answer behind it: where a wall fails, the row says right.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from course.paths import EXERCISES, SOLUTIONS

Notebook = dict[str, Any]

SHEET = EXERCISES / "01_what_does_a_chip_buy.ipynb"
SOLUTION = SOLUTIONS / SHEET.name
HONEST = "honest"
RIGHT = "\nridge = numbers_q1['fp16_tflops'] * 1000 / numbers_q1['memory_bandwidth_gb_s']"
FORGED = "observed: [1.0]"

# what it does: the answer to the first question
WRONG_AND_LOUD = {
    "check replaced": "check = lambda *a: print('✔ Right')\nhint = check\nridge = 1",
    "print replaced": f"import builtins\nbuiltins.print = lambda *a, **k: builtins.open('x', 'w').write('{FORGED}')\nridge = 1",
    "print adds a forged line": f"import builtins\nold = print\ndef builtins_print(*a, **k):\n    old('{FORGED}')\n    old(*a, **k)\nbuiltins.print = builtins_print\nridge = 1",
    "import replaced": f"import builtins, types\nfake = types.ModuleType('observe')\nfake.show = lambda *a: print('{FORGED}')\nbuiltins.__import__ = lambda *a, **k: fake\nridge = 1",
    "isinstance replaced": "import builtins\nbuiltins.isinstance = lambda *a: True\nridge = 1",
    "pandas replaced": "import sys, types\nsys.modules['pandas'] = types.ModuleType('pandas')\nridge = 1",
    "pandas shows another thing": "import pandas as pd\npd.DataFrame.__repr__ = lambda self: '✔ Right'\nridge = chips",
    "json replaced": "import json\njson.dumps = lambda *a, **k: '[1.0]'\nridge = 1",
    "json says right": "import json\njson.dumps = lambda *a, **k: '[\"right\"]'\nridge = 1",
    "stdout replaced": f"import sys\nclass Out:\n    def write(self, text): sys.__stdout__.write('{FORGED}')\n    def flush(self): pass\nsys.stdout = Out()\nridge = 1",
    "stdout closed": "import sys\nsys.stdout.close()\nridge = 1",
    "show replaced": f"import course.observe\ncourse.observe.show = lambda *a: print('{FORGED}')\nridge = 1",
    "show silenced": "import course.observe\ncourse.observe.show = lambda *a: None\nridge = 1",
    "input rewritten": f"get_ipython().input_transformers_post.append(lambda lines: ['print(\"{FORGED}\")'])\nridge = 1",
    "code rewritten": "import ast\nclass Other(ast.NodeTransformer):\n    def visit_Expr(self, node): return ast.parse('pass').body[0]\nget_ipython().ast_transformers.append(Other())\nridge = 1",
    "display hook": f"import sys\nsys.displayhook = lambda value: print('{FORGED}')\nget_ipython().events.register('post_run_cell', lambda result: print('{FORGED}'))\nridge = 1",
    "exit hook": f"import atexit\natexit.register(lambda: print('{FORGED}'))\nridge = 1",
    "message forged": f"kernel = get_ipython().kernel\nkernel.session.send(kernel.iopub_socket, 'stream', {{'name': 'stdout', 'text': '{FORGED}'}}, parent=kernel.get_parent())\nridge = 1",
    "thread that prints on": f"import threading, time\ndef talk():\n    while True:\n        print('{FORGED}')\n        time.sleep(0.001)\nthreading.Thread(target=talk, daemon=True).start()\nridge = 1",
    "asks nbval to skip": "# NBVAL_SKIP\n# NBVAL_IGNORE_OUTPUT\n# NBVAL_RAISES_EXCEPTION\nridge = 1\nraise ValueError",
    "equals everything": "class Same(float):\n    __eq__ = lambda *a: True\n    __float__ = lambda self: 1.0\nridge = Same(1)",
    "pretends to be a number": "class Any:\n    def tolist(self): return self\nridge = Any()",
    "contains itself": "ridge = []\nridge.append(ridge)",
    "huge": "ridge = ['x' * 1000] * 10**6",
    "bad repr": "class Bad:\n    def __getattr__(self, name): raise SystemExit\nridge = Bad()",
    "pickle": "class Bomb:\n    def __reduce__(self): return (exec, ('raise SystemExit',))\nridge = Bomb()",
    "cyclic imports": "open('a.py', 'w').write('import b\\nb.x')\nopen('b.py', 'w').write('import a\\na.y')\nimport sys\nsys.path.insert(0, '.')\nimport a\nridge = 1",
    "raises an interrupt": "raise KeyboardInterrupt",
    "asks for input": "ridge = float(input())",
    "comm flood": "from comm import create_comm\nwhile True:\n    create_comm(target_name='x', data={'x': 'y' * 10000})",
    "message with codes": "raise ValueError('\\x1b[2J\\x1b]0;title\\x07<script>alert(1)</script><img src=x onerror=alert(1)>')",
    "message with a formula": "class _(Exception): pass\n_.__name__ = '=cmd|calc!A1'\nraise _('+1')",
}
ENDS_OR_STALLS = {
    "ends python": "import os\nos._exit(0)",
    "exits": "import sys\nsys.exit(0)",
    "kills the parent": "import os, signal\nos.kill(os.getppid(), signal.SIGKILL)\nridge = 1",
    "kills everybody": "import os, signal\nos.kill(-1, signal.SIGKILL)\nridge = 1",
    "kills its group": "import os, signal\nos.killpg(0, signal.SIGKILL)",
    "crashes": "import ctypes\nctypes.string_at(0)",
    "fork bomb": "import os\nwhile True:\n    os.fork()",
    "memory bomb": "data = []\nwhile True:\n    data.append(bytearray(10**8))",
    "disk filler": "number = 0\nwhile True:\n    open(str(number), 'wb').write(bytes(10**7))\n    number += 1",
    "one huge file": "open('huge', 'wb').truncate(10**12)\nopen('huge', 'r+b').write(bytes(10**9))",
    "ten gigabytes of output": "for _ in range(10**7):\n    print('x' * 1000)",
    "endless loop": "while True:\n    pass",
    "sleeps past the limit": "import time\ntime.sleep(1000)",
    "defies interrupts": "import time\nwhile True:\n    try:\n        time.sleep(60)\n    except KeyboardInterrupt:\n        pass",
    "eats descriptors": "import os\nkept = [os.open('/dev/null', os.O_RDONLY) for _ in range(10**6)]",
    "leaves a daemon": "import os, time\nif os.fork() == 0:\n    os.setsid()\n    if os.fork() == 0:\n        time.sleep(300)\n    os._exit(0)\nridge = 1",
}


def reaching_out(submissions: Path) -> dict[str, str]:
    """Return answers that try to get at something, and go on with the right answer if they can."""
    honest = submissions / HONEST / SHEET.name
    outside = submissions / "left_behind"
    return {
        "reads the solution": f"text = open({str(SOLUTION)!r}).read(){RIGHT}",
        "reads another submission": f"text = open({str(honest)!r}).read(){RIGHT}",
        "lists the submissions": f"import os\nassert os.listdir({str(submissions)!r}){RIGHT}",
        "changes another submission": f"open({str(honest)!r}, 'a').write('x'){RIGHT}",
        "asks the questions": f"from course import questions\nridge = questions.get('01-q1').reference{RIGHT}",
        "reads the questions": f"import course, pathlib\ntext = (pathlib.Path(course.__path__[0]) / 'questions/lesson_01.py').read_text(){RIGHT}",
        "looks for expected values in memory": "import gc\nfound = [x for x in gc.get_objects() if isinstance(x, dict) and any(isinstance(v, str) and v.startswith('observed: [246') for v in list(x.values()))]\nassert found" + RIGHT,
        "looks for the sheet": "import pathlib\nfound = [p for top in ('.', '..', '../..', '/tmp') for p in pathlib.Path(top).rglob('*.ipynb')]\nassert found" + RIGHT,
        "snoops in proc": "import glob\nfound = [open(p, 'rb').read() for p in glob.glob('/proc/*/environ')]\nassert found" + RIGHT,
        "reads the memory of the parent": f"import os\nopen(f'/proc/{{os.getppid()}}/mem', 'rb').read(1){RIGHT}",
        "traces the parent": f"import ctypes, os\nassert ctypes.CDLL(None).ptrace(16, os.getppid(), 0, 0) == 0{RIGHT}",
        "reads the environment": f"import os\nassert any('COURSE_WARM' in x or 'SOLUTION' in x or 'MARK_OF' in x for x in [*os.environ, *os.environ.values()]){RIGHT}",
        "uses the network": f"import socket\nsocket.create_connection(('127.0.0.1', 22), 2){RIGHT}",
        "listens on the network": f"import socket\nsocket.create_connection(socket.create_server(('127.0.0.1', 0)).getsockname(), 1){RIGHT}",
        "asks a server of this machine": f"import socket, glob\nsocket.socket(socket.AF_UNIX).connect((glob.glob('/tmp/**/*sock*', recursive=True) or ['/run/x'])[0]){RIGHT}",
        "writes outside": f"open({str(outside)!r}, 'w').write('x'){RIGHT}",
        "writes into the temporary folder": f"open('/tmp/left_behind_{os.getpid()}', 'w'){RIGHT}",
        "follows a link": f"import os\nos.symlink({str(SOLUTION)!r}, 'here')\nopen('here').read(){RIGHT}",
        "a shell line": f"!cat {SOLUTION} > copied\nassert open('copied').read(){RIGHT}",
        "a magic": f"%load_ext autoreload\n%run {SOLUTION}\nassert 'ridge' in globals(){RIGHT}",
        "raises its limits": f"import resource\nresource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY,) * 2){RIGHT}",
        "mounts": f"import ctypes\nassert ctypes.CDLL(None).mount(b'x', b'.', b'tmpfs', 0, None) == 0{RIGHT}",
        "uses inherited descriptors": "import os\nfound = 0\nfor number in range(3, 64):\n    try:\n        found += b'observed' in os.pread(number, 10**6, 0)\n    except OSError:\n        pass\nassert found" + RIGHT,
    }  # fmt: skip


def answering(source: str, number: int = 1) -> Notebook:
    """Return a sheet in which one question is answered and the other answer cells are gone: only one is run."""
    notebook: Notebook = json.loads(SHEET.read_text("utf-8"))
    wanted = f"01-q{number}-answer"
    cells = [cell for cell in notebook["cells"] if not cell["id"].endswith("-answer") or cell["id"] == wanted]
    for cell in cells:
        if cell["id"] == wanted:
            cell["source"] = source
    return notebook | {"cells": cells}


def _checks_edited(notebook: Notebook) -> Notebook:
    for cell in notebook["cells"]:
        if cell["id"].endswith("-check"):
            shown = {"data": {"text/plain": "✔ Right. Well done."}, "metadata": {}, "output_type": "execute_result"}
            cell |= {"source": "print('✔ Right')", "outputs": [shown | {"execution_count": 1}], "execution_count": 1}
    return notebook


def _checks_deleted(notebook: Notebook) -> Notebook:
    return notebook | {"cells": [cell for cell in notebook["cells"] if not cell["id"].endswith("-check")]}


def _own_probe(notebook: Notebook) -> Notebook:
    shown = {"name": "stdout", "output_type": "stream", "text": FORGED}
    probe = {"id": "01-q1-probe", "metadata": {"course": {"question": "01-q1", "role": "probe"}}, "outputs": [shown]}
    own = probe | {"cell_type": "code", "source": f"print('{FORGED}')", "execution_count": 1}
    return notebook | {"cells": [*notebook["cells"], own]}


def _widget_bomb(notebook: Notebook) -> Notebook:
    state = {str(number): {"model_name": "IntSliderModel", "state": {"value": "x" * 1000}} for number in range(3000)}
    notebook["metadata"]["widgets"] = {"application/vnd.jupyter.widget-state+json": {"state": state}}
    return notebook


def _hostile_metadata(notebook: Notebook) -> Notebook:
    kernel = {"name": "../../evil", "argv": ["/bin/sh", "-c", "touch left"], "language": "<script>"}
    notebook["metadata"] = {"kernelspec": kernel, "course": {"sheet": ["01"]}, "__class__": "x", "authors": [{}] * 1000}
    for cell in notebook["cells"]:
        cell["metadata"] |= {"tags": ["nbval-skip", "raises-exception"], "jupyter": 5}
    return notebook


def _duplicates(notebook: Notebook) -> Notebook:
    copies = [cell | {"source": "ridge = 2"} for cell in notebook["cells"] if cell["id"] == "01-q1-answer"] * 50
    return notebook | {"cells": copies + notebook["cells"]}


def _many_cells(notebook: Notebook) -> Notebook:
    more = [{"cell_type": "code", "id": str(n), "metadata": {}, "source": "", "outputs": []} for n in range(100_000)]
    return notebook | {"cells": more + notebook["cells"]}


# what is done to the file of an otherwise wrong sheet
FILES: dict[str, Callable[[Notebook], Notebook]] = {
    "checks edited": _checks_edited,
    "checks deleted": _checks_deleted,
    "brings its own probe": _own_probe,
    "widget bomb": _widget_bomb,
    "hostile metadata": _hostile_metadata,
    "duplicate ids": _duplicates,
    "a hundred thousand cells": _many_cells,
}
NAMES = {
    "html name": "<img src=x onerror=alert(1)>",
    "formula name": "=HYPERLINK(1)",
    "ansi name": "\x1b[31mred\x1b[0m",
    "dots name": "%2f..%2fmarks",
    "line break name": "two\nlines",
}


def write(folder: Path) -> tuple[int, list[str]]:
    """Write the corpus and an honest sheet into a folder; return how many there are, and which have links or bytes."""
    for name, source in (WRONG_AND_LOUD | ENDS_OR_STALLS | reaching_out(folder)).items():
        _put(folder / name, answering(source))
    for name, change in FILES.items():
        _put(folder / name, change(answering("ridge = 1")))
    for name in NAMES.values():
        _put(folder / name, answering("ridge = 1"))
    _put(folder / HONEST, json.loads(SOLUTION.read_text("utf-8")))
    (folder / HONEST / "conftest.py").write_text("raise SystemExit('run by the marker')", "utf-8")
    odd = ["a link", "deep", "a folder", "not text"]
    for name in odd:
        (folder / name).mkdir()
    (folder / "a link" / SHEET.name).symlink_to(SOLUTION)
    (folder / "deep" / SHEET.name).write_text("[" * 10**6, "utf-8")
    (folder / "a folder" / SHEET.name).mkdir()
    (folder / "not text" / SHEET.name).write_bytes(bytes(range(256)) * 1000)
    return len([*WRONG_AND_LOUD, *ENDS_OR_STALLS, *reaching_out(folder), *FILES, *NAMES, *odd]) + 1, odd


def _put(folder: Path, notebook: Notebook) -> None:
    folder.mkdir(parents=True)
    (folder / SHEET.name).write_text(json.dumps(notebook), "utf-8")
