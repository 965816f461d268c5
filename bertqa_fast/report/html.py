"""One self-contained HTML page: no network, no files beside it, opens from disk."""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha256
from pathlib import Path
from typing import Any

from bertqa_fast.attribution.naming import LAYER_NUMBERING
from bertqa_fast.report.colours import HEAT, LOWERS, RAISES, css
from bertqa_fast.report.contents import Report
from bertqa_fast.report.picture import numbering_picture
from bertqa_fast.report.tables import analysis_view, table_view
from bertqa_fast.report.views import example_view
from bertqa_fast.storage import write_atomic

_NONE = "\u2013"
_TEMPLATES = Path(__file__).parent / "templates"


def render_report(report: Report) -> str:
    """Return the page as text; everything that comes from data is escaped.

    Parameters
    ----------
    report : Report
        What it says.

    Raises
    ------
    ValueError
        The report has no examples.
    """
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    if not report.examples:
        raise ValueError("report must hold at least one example, got none")
    script = (_TEMPLATES / "script.js").read_text(encoding="utf-8")
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(sci=_scientific, share=_share, alpha=_alpha)
    return environment.get_template("report.html.j2").render(
        report=report,
        examples=[example_view(number, example) for number, example in enumerate(report.examples, 1)],
        analyses=[analysis_view(analysis) for analysis in report.analyses],
        trends=None if report.trends is None else table_view(report.trends),
        script=script,
        policy=_policy(script),
        metrics=list(dict.fromkeys(name for stage in report.evaluations for name in stage.scores)),
        picture=numbering_picture(report.num_layers),
        numbering=LAYER_NUMBERING,
        heat=css(HEAT),
        raises=css(RAISES),
        lowers=css(LOWERS),
    )


def write_report(report: Report, path: str | Path) -> Path:
    """Render the page into a file, whole or not at all.

    Parameters
    ----------
    report : Report
        What it says.
    path : str or Path
        Where; an existing file is replaced.

    Raises
    ------
    ValueError
        The report has no examples.
    OSError
        The file cannot be written.
    """
    path = Path(path)
    write_atomic(path, render_report(report))
    return path


def _policy(script: str) -> str:
    """Allow the page's own script and style and the pictures in it, and nothing from anywhere."""
    digest = b64encode(sha256(script.encode()).digest()).decode("ascii")
    parts = (
        "default-src 'none'",
        f"script-src 'sha256-{digest}'",
        "style-src 'unsafe-inline'",
        "img-src data:",
        "base-uri 'none'",
        "form-action 'none'",
    )
    return "; ".join(parts)


def _scientific(value: Any) -> str:
    return _NONE if value is None else f"{value:+.1e}"


def _share(value: Any) -> str:
    return _NONE if value is None else f"{value:.1%}"


def _alpha(value: Any) -> str:
    return f"{value:.2f}".removeprefix("0") if value < 1 else "1"
