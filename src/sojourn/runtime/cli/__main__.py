"""python -m sojourn.runtime.cli."""

from sojourn.runtime.cli import main

if __name__ == "__main__":
    main()
