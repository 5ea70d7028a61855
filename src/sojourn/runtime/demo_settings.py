"""Sets what the demo needs once its past is there: python -m sojourn.runtime.demo_settings WORKSPACE. Started by the demo's loop, which has no Django."""

import sys


def main(workspace: int) -> None:
    """Set it and end."""
    from sojourn.runtime.cli.common import load_django

    load_django()
    from sojourn.apps.demo.actions import quicken
    from sojourn.runtime.clock import SystemClock

    quicken(workspace, SystemClock().now())


if __name__ == "__main__":
    main(int(sys.argv[1]))
