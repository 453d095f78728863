"""`python -m cpsl` is the `capsule` command line."""

from cpsl.cli.main import main

if __name__ == "__main__":
    main()
