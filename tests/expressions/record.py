#!/usr/bin/env python3
"""Records what ansible-core makes of the templates in the tables beside this file.

Usage: record.py [TABLE.json ...]   (with a Python that has ansible 12, jmespath, netaddr and passlib)

Each case has a `template` (or a `condition`, or the `text` of a template file). This writes
beside it what came out, as Python prints it (`gives`), or of what kind the error was (`fails`).
A case with `ours` differs on purpose; `why` says why.
"""
import json
import os
import pathlib
import sys

os.environ["ANSIBLE_DEPRECATION_WARNINGS"] = "False"
os.environ["TZ"] = "UTC"

from ansible.errors import AnsibleUndefinedVariable
from ansible.parsing.dataloader import DataLoader
from ansible.plugins.loader import init_plugin_loader
from ansible.template import Templar, trust_as_template

init_plugin_loader()


def trusted(value):
    if isinstance(value, str):
        return trust_as_template(value)
    if isinstance(value, list):
        return [trusted(item) for item in value]
    if isinstance(value, dict):
        return {key: trusted(item) for key, item in value.items()}
    return value


def outcome(case, variables):
    templar = Templar(loader=DataLoader(), variables=trusted(variables))
    try:
        if "condition" in case:
            value = templar.evaluate_conditional(trust_as_template(case["condition"]))
        elif "text" in case:
            value = templar.template(trust_as_template(case["text"]), escape_backslashes=False)
            value = "" if value is None else str(value)
        else:
            value = templar.template(trust_as_template(case["template"]))
        return {"gives": repr(value)}
    except AnsibleUndefinedVariable:
        return {"fails": "undefined"}
    except Exception as error:
        kind = "syntax" if "Syntax error" in str(error) else "failed"
        return {"fails": kind}


def record(path):
    table = json.loads(path.read_text())
    for case in table["cases"]:
        for key in ("gives", "fails"):
            case.pop(key, None)
        ours = {key: case.pop(key) for key in ("ours", "why") if key in case}
        case.update(outcome(case, table["vars"]))
        case.update(ours)
    lines = ",\n    ".join(json.dumps(case, ensure_ascii=False) for case in table["cases"])
    names = json.dumps(table["vars"], ensure_ascii=False, indent=2).replace("\n", "\n  ")
    path.write_text('{\n  "vars": %s,\n  "cases": [\n    %s\n  ]\n}\n' % (names, lines))
    print(f"{path.name}: {len(table['cases'])} cases")


here = pathlib.Path(__file__).parent
for name in sys.argv[1:] or sorted(here.glob("*.json")):
    record(pathlib.Path(name))
