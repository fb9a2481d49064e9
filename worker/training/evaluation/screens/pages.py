"""Pages as people record them from their screens, in HTML: the same for the same seed."""

import html
from collections.abc import Callable, Mapping
from types import MappingProxyType

from worker.training.synth.rng import Rng
from worker.training.synth.text.vocabulary import plain_word

FONTS = ("Liberation Sans", "Open Sans", "Roboto", "Lato", "Carlito")
FIXED_FONTS = ("Liberation Mono", "Fira Code", "JetBrains Mono", "Inconsolata")
DARK, LIGHT = ("#111", "#1e1e1e", "#0b2545", "#222b36"), ("#fff", "#f4f5f7", "#fdf6e3")
PALE_INKS, DARK_INKS = ("#8f8", "#ddd", "#fff", "#cde"), ("#111", "#333", "#444", "#123a6b")
MARGIN_PIXELS = (8, 40)


def page(kind: str, seed: int, index: int) -> str:
    """The page of a kind of PAGES and of that number."""
    rng = Rng(seed, list(PAGES).index(kind), index)
    return PAGES[kind](rng)


def _article(rng: Rng) -> str:
    paragraphs = "".join(f"<p>{_words(rng, 25, 70)}.</p>" for _ in range(8))
    size = rng.integer(13, 18)
    return _page(
        rng,
        f"<h1>{_words(rng, 3, 6)}</h1>{paragraphs}",
        f"p {{ font-size: {size}px; line-height: {rng.uniform(1.2, 1.7)} }}"
        "h1 { font-size: 28px }",
    )


def _sheet(rng: Rng) -> str:
    columns = rng.integer(6, 10)
    rows = (
        "<tr>" + "".join(f"<td>{_cell(rng)}</td>" for _ in range(columns)) + "</tr>"
        for _ in range(32)
    )
    lined = "border: 1px solid #ccc;" if rng.bernoulli(0.7) else ""
    size, space = rng.integer(11, 15), rng.integer(1, 6)
    return _page(
        rng,
        f"<table>{''.join(rows)}</table>",
        f"table {{ border-collapse: collapse; font-size: {size}px }}"
        f"td {{ {lined} padding: {space}px 8px }}",
    )


def _terminal(rng: Rng) -> str:
    lines = (
        f"{rng.integer(10, 23)}:{rng.integer(10, 59)}:{rng.integer(10, 59)} "
        f"{rng.pick(('INFO', 'WARN', 'ERROR', 'DEBUG'))} {_words(rng, 3, 10)}"
        for _ in range(44)
    )
    size = rng.integer(12, 16)
    return _page(
        rng,
        "<pre>" + "\n".join(lines) + "</pre>",
        f"pre {{ font: {size}px '{rng.pick(FIXED_FONTS)}'; margin: 0 }}",
        dark=0.8,
    )


def _code(rng: Rng) -> str:
    lines = []
    depth = 0
    for number in range(1, 45):
        depth = max(0, min(5, depth + rng.integer(-1, 1)))
        name, value = plain_word(rng), plain_word(rng)
        body = rng.pick(
            (
                f"def {name}({value}):",
                f"{name} = {value}",
                f"return {name}",
                f"if {name} == {value}:",
                f"# {_words(rng, 3, 7)}",
                f'print("{_words(rng, 1, 4)}")',
            )
        )
        lines.append(f"{number:>3}  {'    ' * depth}{html.escape(body)}")
    size = rng.integer(12, 16)
    return _page(
        rng,
        "<pre>" + "\n".join(lines) + "</pre>",
        f"pre {{ font: {size}px '{rng.pick(FIXED_FONTS)}'; margin: 0 }}",
        dark=0.6,
    )


def _chat(rng: Rng) -> str:
    messages = (
        f'<div class="{rng.pick("ab")}">{_words(rng, 2, 18)}</div>'
        for _ in range(rng.integer(8, 14))
    )
    return _page(
        rng,
        "".join(messages),
        f"div {{ max-width: 520px; padding: 8px 12px; margin: 7px; border-radius: 8px;"
        f" font-size: {rng.integer(13, 18)}px; color: #111 }}"
        ".a { background: #fff } .b { background: #dcf8c6; margin-left: 600px }",
    )


def _slide(rng: Rng) -> str:
    points = "".join(f"<li>{_words(rng, 2, 7)}</li>" for _ in range(rng.integer(3, 6)))
    return _page(
        rng,
        f"<h1>{_words(rng, 2, 4).title()}</h1><ul>{points}</ul>",
        f"h1 {{ font-size: {rng.integer(44, 72)}px }}"
        f"li {{ font-size: {rng.integer(26, 40)}px; line-height: 1.5 }}",
        dark=0.5,
    )


def _form(rng: Rng) -> str:
    fields = "".join(
        f"<label>{_words(rng, 1, 3).capitalize()}</label><span>{_words(rng, 1, 4)}</span><br>"
        for _ in range(rng.integer(8, 14))
    )
    return _page(
        rng,
        f"{fields}<button>Save changes</button> <button>Cancel</button>",
        f"body {{ font-size: {rng.integer(12, 16)}px }}"
        "label { display: inline-block; width: 220px }"
        "span { display: inline-block; width: 420px; margin: 5px; padding: 5px 10px;"
        " border: 1px solid #bbb }"
        "button { background: #06c; color: #fff; border: 0; padding: 8px 18px }",
    )


def _receipt(rng: Rng) -> str:
    rows = "".join(
        f"<div><b>{_words(rng, 1, 3).title()}</b><i>{rng.uniform(0.5, 99):.2f}</i></div>"
        for _ in range(rng.integer(8, 16))
    )
    return _page(
        rng,
        f"<section><h2>{_words(rng, 2, 3).upper()}</h2>{rows}"
        f"<div><b>Total</b><i>{rng.uniform(20, 900):.2f}</i></div></section>",
        "body { background: #888 }"
        f"section {{ font: {rng.integer(15, 20)}px '{rng.pick(FIXED_FONTS)}'; width: 420px;"
        " margin: auto; padding: 20px; background: #fff; color: #222 }"
        "div { display: flex; justify-content: space-between } b, i { font: inherit }",
    )


PAGES: Mapping[str, Callable[[Rng], str]] = MappingProxyType(
    {
        "article": _article,
        "sheet": _sheet,
        "terminal": _terminal,
        "code": _code,
        "chat": _chat,
        "slide": _slide,
        "form": _form,
        "receipt": _receipt,
    }
)


def _page(rng: Rng, body: str, style: str, *, dark: float = 0.15) -> str:
    ground, ink = (
        (rng.pick(DARK), rng.pick(PALE_INKS))
        if rng.bernoulli(dark)
        else (rng.pick(LIGHT), rng.pick(DARK_INKS))
    )
    margin = rng.integer(*MARGIN_PIXELS)
    return (
        f"<!doctype html><meta charset=utf-8><style>body {{ margin: {margin}px;"
        f" font-family: '{rng.pick(FONTS)}'; background: {ground}; color: {ink} }} {style}</style>"
        f"<body>{body}</body>"
    )


def _words(rng: Rng, least: int, most: int) -> str:
    return " ".join(plain_word(rng) for _ in range(rng.integer(least, most)))


def _cell(rng: Rng) -> str:
    return rng.pick(
        (
            plain_word(rng),
            f"{rng.uniform(1, 9999):,.2f}",
            str(rng.integer(1, 999)),
            f"2026-{rng.integer(1, 12):02d}-{rng.integer(1, 28):02d}",
        )
    )
