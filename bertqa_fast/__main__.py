"""``python -m bertqa_fast`` is ``bertqa-fast``."""

from bertqa_fast.cli.main import main

main()
