"""An explanation in Markdown: a heading a layer, arithmetic as code."""

from collections.abc import Iterator

from lstmcalc.questions.explain import Explanation
from lstmcalc.views.cells import visible
from lstmcalc.views.delimited import escaped, markdown_row
from lstmcalc.views.explain.sections import Lines, Paragraph, Part, Table, sections
from lstmcalc.views.look import Look


def show(explanation: Explanation, look: Look) -> Iterator[str]:
    """The explanation in Markdown: a heading a layer, arithmetic as code."""
    told: set[str] = set()
    for number, layer in enumerate(explanation.layers):
        if number:
            yield ""
        yield f"## {escaped(visible(layer.path))} ({escaped(visible(layer.class_name))})"
        yield ""
        yield f"{escaped(layer.sentence)} ({escaped(layer.source)})"
        for section in sections(layer):
            yield ""
            yield f"### {escaped(section.title)}"
            for part in section.parts:
                yield from _part_markdown(part, told)
    if explanation.total is not None:
        yield ""
        yield f"The model has `{explanation.total}` params."


def _part_markdown(part: Part, told: set[str]) -> Iterator[str]:
    match part:
        case Paragraph(text=text, is_lesson=is_lesson):
            if not text or (is_lesson and text in told):
                return
            told.add(text)
            yield from ("", escaped(text))
        case Lines(rows=rows):
            yield ""
            yield from (f"- {escaped(label)}: `{text}`" if label else f"- `{text}`" for label, text in rows)
        case Table(headings=headings, rows=rows):
            yield ""
            yield markdown_row(headings)
            yield f"|{' --- |' * len(headings)}"
            yield from (markdown_row(map(escaped, row)) for row in rows)
