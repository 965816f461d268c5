"""Draw the figure of the README: the token x layer heat map of one question.

    python benchmarks/readme_figure.py --model FOLDER [--out docs/figures/readme.png]

The passage and the question are our own, the model is whichever reader is given: 200 Gauss-Legendre nodes at
every layer, zero baseline, the sum of start and end probability as the target.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import bertqa_fast as bf

PASSAGE = (
    "The lighthouse at Skerry Point was built by Ines Calloway in 1874. "
    "Its lamp burned 40 litres of oil a night and could be seen from 18 miles away."
)
QUESTION = "Who built the lighthouse at Skerry Point?"


def draw(model_folder: str, out: Path) -> None:
    """Explain the question at every layer and save the figure."""
    with bf.load(model_folder) as model:
        answer = bf.predict(model, bf.QAExample(QUESTION, PASSAGE))
        layers = bf.integrated_gradients(model, bf.QAExample(QUESTION, PASSAGE), layer="all", n_steps=200)
    worst = max(abs(item.delta or 0.0) for item in layers.values())
    print(f"{QUESTION} -> {answer.text} ({answer.probability:.3f}), largest |delta| {worst:.1e}")
    if "Calloway" not in answer.text:
        raise SystemExit("the model answers this question wrongly, so that its figure would explain an error")
    figure = layers.plot(title=f"{QUESTION}  →  {answer.text}", per_row=60)
    out.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(out, dpi=160, facecolor="white")
    print(out)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", required=True, help="a reader: Hugging Face folder or export")
    parser.add_argument("--out", type=Path, default=Path("docs/figures/readme.png"))
    arguments = parser.parse_args()
    draw(arguments.model, arguments.out)
