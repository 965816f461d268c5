"""The parts of the faithfulness analysis: arithmetic on its own, and what runs the reader."""
