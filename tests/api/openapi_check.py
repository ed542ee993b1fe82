# SPDX-License-Identifier: 0BSD
"""Validates the OpenAPI document that openapi_print writes: openapi_check.py BINARY PYTHON.

PYTHON is the interpreter that the set-up gave the validator. Where it could not, this exits 77,
which ctest shows as skipped; in CI that is a failure.
"""

import os
import subprocess
import sys

CHECK = """
import json, sys
from openapi_spec_validator import OpenAPIV31SpecValidator
document = json.load(sys.stdin)
broken = dict(document, paths={"no slash": {}})
assert list(OpenAPIV31SpecValidator(broken).iter_errors()), "the validator takes anything"
errors = [error.message for error in OpenAPIV31SpecValidator(document).iter_errors()]
print("\\n".join(errors) or f"{len(document['paths'])} paths, valid OpenAPI {document['openapi']}")
sys.exit(1 if errors else 0)
"""


def main():
    binary, python = sys.argv[1:]
    if subprocess.run([python, "-c", "import openapi_spec_validator"], check=False,
                      capture_output=True).returncode != 0:
        print("openapi: no validator: run config/debian/setup.sh where a package index is in reach")
        return 1 if os.environ.get("CI") else 77
    document = subprocess.run([binary], check=True, capture_output=True, text=True).stdout
    return subprocess.run([python, "-c", CHECK], input=document, text=True, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
