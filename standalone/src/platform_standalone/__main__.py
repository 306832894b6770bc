"""`python -m platform_standalone` is the command `member-platform`."""

from platform_standalone.main import main

if __name__ == "__main__":
    raise SystemExit(main())
