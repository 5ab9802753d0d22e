"""Draws every *.vl.json of a folder as SVG, PNG and PDF: python draw.py FOLDER. Prints the name of each file that it wrote."""
import json
import pathlib
import sys

import vl_convert

for path in sorted(pathlib.Path(sys.argv[1]).glob("*.vl.json")):
    spec = json.loads(path.read_text(encoding="utf-8"))
    stem = str(path)[: -len(".vl.json")]
    svg = vl_convert.vegalite_to_svg(spec)
    pathlib.Path(stem + ".svg").write_text(svg, encoding="utf-8")
    pathlib.Path(stem + ".png").write_bytes(vl_convert.svg_to_png(svg, scale=2))
    pathlib.Path(stem + ".pdf").write_bytes(vl_convert.svg_to_pdf(svg))
    for ending in ("svg", "png", "pdf"):
        print("wrote", pathlib.Path(f"{stem}.{ending}").name, flush=True)
