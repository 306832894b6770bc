"""`python -m standalone` is the command `platform`."""

from standalone.main import main

if __name__ == "__main__":
    raise SystemExit(main())
