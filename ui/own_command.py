"""How this software starts itself in a process of its own."""

from __future__ import annotations

import sys

OWN_COMMAND = (sys.executable, "-c", "import sys; from ui.cli import run; sys.exit(run(sys.argv[1:]))")
