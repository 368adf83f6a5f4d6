"""Run the command line as `python -m dealtrace`."""

from dealtrace.cli import main

if __name__ == "__main__":
    main()
