import sys

# Each imports only what it needs: an export needs no server, --check needs nothing at all.
if sys.argv[1:2] == ["tune"]:
    from export.tuning.cli import main

    sys.exit(main(sys.argv[2:]))
else:
    from export.cli import main as export

    sys.exit(export())
