"""The command line, ``bertqa-fast COMMAND``: one module for each command."""
