"""`python -m piiforge`: the same as the command `piiforge`."""

from piiforge.cli import main

if __name__ == "__main__":
    main()
