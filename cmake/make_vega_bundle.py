"""Writes Vega, Vega-Lite and vega-embed as one script for HTML reports: python make_vega_bundle.py FILE

Needs the package vl-convert-python, which holds the libraries (BSD 3-Clause), so nothing is fetched here. The script sets window.vegaEmbed, window.vega
and window.vegaLite, and can stand in a script element: it holds nothing that would end one.
"""
import pathlib
import sys

import vl_convert

SNIPPET = "window.vegaEmbed = vegaEmbed; window.vega = vegaEmbed.vega; window.vegaLite = vegaEmbed.vegaLite;"


def bundle() -> str:
    text = vl_convert.javascript_bundle(SNIPPET)
    for ends in ("</script", "</SCRIPT", "<!--", "<script"):
        text = text.replace(ends, ends[0] + "\\" + ends[1:] if ends[1] == "/" else "\\x3c" + ends[1:])
    # A reader must not guess the encoding, nor a compiler: "\u2026" for everything that is not ASCII.
    text = "".join(c if ord(c) < 128 else "".join(f"\\u{unit:04x}" for unit in utf16(c)) for c in text)
    return text.replace("\r", "\\r")


def utf16(character: str) -> list[int]:
    data = character.encode("utf-16-be", "surrogatepass")
    return [int.from_bytes(data[i : i + 2], "big") for i in range(0, len(data), 2)]


def main() -> None:
    path = pathlib.Path(sys.argv[1])
    text = (
        f"/* Vega {vl_convert.get_vega_version()}, Vega-Lite {vl_convert.get_vegalite_versions()[-1]}, vega-embed {vl_convert.get_vega_embed_version()}; "
        "BSD 3-Clause License, University of Washington Interactive Data Lab and contributors */\n"
        "(function () {\n" + bundle() + "\n})();\n"
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_suffix(".part")
    beside.write_text(text, encoding="ascii")
    beside.replace(path)
    print(f"{path}: {len(text)} bytes")


if __name__ == "__main__":
    main()
