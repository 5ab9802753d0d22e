"""HTML reports in a real browser: check_pages.py FOLDER, with the pages of make_pages. Exit status 77: no browser, driver or selenium is here."""
import base64
import json
import pathlib
import shutil
import sys
import time
import unittest

try:
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service
    from selenium.webdriver.common.keys import Keys
except ImportError:
    print("Skipped: the Python package selenium is not here; './dev test --browser' gets it.")
    sys.exit(77)

PAGES = pathlib.Path(sys.argv.pop(1)).resolve()
BROWSER = next(filter(None, map(shutil.which, ["chromium", "chromium-browser", "google-chrome"])), None)
DRIVER = shutil.which("chromedriver")
if not BROWSER or not DRIVER:
    print("Skipped: chromium or chromedriver is not here; './dev test --browser' installs them.")
    sys.exit(77)
SECONDS = 60  # for a page to be drawn, on a busy machine

# Items of the marks that hold data, by a walk through Vega's scene graph.
COUNT_MARKS = """
const count = (node) => (node.items || []).reduce((sum, item) => sum + (item.items
    ? item.items.reduce((inner, mark) => inner + (mark.role === 'mark' || mark.role === 'scope' || mark.marktype === 'group' ? count(mark) : 0), 0)
    : (node.role === 'mark' ? 1 : 0)), 0);
return trainmarkViews.map((result) => count(result.view.scenegraph().root));
"""


class Pages(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        options = webdriver.ChromeOptions()
        options.binary_location = BROWSER
        for word in ["--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--hide-scrollbars", "--disable-background-networking"]:
            options.add_argument(word)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        cls.driver = webdriver.Chrome(options=options, service=Service(DRIVER))

    @classmethod
    def tearDownClass(cls):
        cls.driver.quit()

    def script(self, text, *values):
        return self.driver.execute_script(text, *values)

    def open(self, name, width=1366, dark=False):
        self.driver.get("about:blank")
        for kind in ("browser", "performance"):
            self.driver.get_log(kind)
        mobile = width < 500
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": mobile})
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "", "features": [scheme]})
        started = time.monotonic()
        self.driver.get((PAGES / name).as_uri())
        self.wait_until_drawn()
        return time.monotonic() - started

    def wait_until_drawn(self):
        end = time.monotonic() + SECONDS
        while self.script("return document.documentElement.dataset.charts") != "ready":
            self.assertLess(time.monotonic(), end, "the charts were not drawn in time")
            time.sleep(0.05)

    def errors(self):
        return [line["message"] for line in self.driver.get_log("browser") if line["level"] == "SEVERE"]

    def paper(self):
        return self.script("return getComputedStyle(document.documentElement).backgroundColor")

    def test_every_chart_draws_its_marks_without_an_error(self):
        self.open("full.html")
        self.assertEqual(self.errors(), [])
        self.assertEqual(self.script("return document.querySelectorAll('.problem').length"), 0)
        charts = self.script("return [...document.querySelectorAll('.chart')].map((chart) => chart.dataset.chart)")
        marks = self.script(COUNT_MARKS)
        self.assertEqual(len(charts), 16)
        self.assertEqual(len(marks), 16)
        drawn = dict(zip(charts, marks))
        for chart, count in drawn.items():
            self.assertGreater(count, 0, chart)
        self.assertGreaterEqual(drawn["w1-step-time"], 4 * 5 * 4)  # a point for every timed block
        self.assertGreaterEqual(drawn["w1-speed-up"], 2 * 4 * 4)
        self.assertGreaterEqual(drawn["w1-throughput"], 4)
        self.assertGreaterEqual(drawn["d1-network"], 2 * 7)  # a box and its texts for every layer and the input

    def test_figures_of_a_published_study_are_drawn_from_the_charts(self):
        self.open("study.html", width=390)
        self.assertEqual(self.errors(), [])
        self.assertEqual(self.script("return document.documentElement.scrollWidth"), 390)
        self.assertEqual(self.script("return document.querySelectorAll('#study .chart').length"), 4)
        self.assertEqual(self.script("return [...document.querySelectorAll('.chart')].filter((chart) => !chart.querySelector('svg.marks')).length"), 0)
        answers = self.script("return [...document.querySelectorAll('.claims .badge')].map((badge) => badge.textContent)")
        self.assertEqual(answers, ["refuted", "supported", "undecided"])

    def test_nothing_is_asked_of_the_network(self):
        self.open("full.html")
        asked = [json.loads(line["message"])["message"] for line in self.driver.get_log("performance")]
        urls = [m["params"]["request"]["url"] for m in asked if m["method"] == "Network.requestWillBeSent"]
        others = [url for url in urls if not url.startswith(("file:", "data:", "blob:", "about:"))]
        self.assertEqual(others, [])
        self.assertEqual([url for url in urls if url.startswith("file:")], [(PAGES / "full.html").as_uri()])

    def test_a_phone_needs_no_sideways_scrolling(self):
        for page in ("full.html", "hostile.html"):
            self.open(page, width=390)
            self.assertEqual(self.script("return document.documentElement.scrollWidth"), 390, page)
            self.assertEqual(self.errors(), [])

    def test_names_stay_text(self):
        self.open("hostile.html")
        self.assertIsNone(self.script("return window.hacked || null"))
        self.assertEqual(self.errors(), [])
        self.assertEqual(self.script("return document.querySelectorAll('img').length"), 0)
        shown = self.script("return [...document.querySelectorAll('#w1 table')[0].querySelectorAll('tbody th')].map((cell) => cell.textContent)")
        self.assertIn("</script><script>window.hacked=1</script>", shown)
        labels = self.script("return document.querySelector('[data-chart=w1-step-time]').textContent")
        self.assertIn("emoji", labels)

    def test_a_tooltip_shows_names_as_text(self):
        self.open("hostile.html")
        chart = self.driver.find_element("css selector", '[data-chart="w1-throughput"] svg.marks')
        self.script("arguments[0].scrollIntoView({block: 'center'})", chart)
        points = self.script("return [...arguments[0].querySelectorAll('.mark-symbol path')].map((p) => { const r = p.getBoundingClientRect(); return [r.x + r.width / 2, r.y + r.height / 2]; })", chart)
        self.assertGreaterEqual(len(points), 7)
        texts = []
        for x, y in points:
            self.driver.execute_cdp_cmd("Input.dispatchMouseEvent", {"type": "mouseMoved", "x": x, "y": y})
            time.sleep(0.1)
            texts.append(self.script("const t = document.getElementById('vg-tooltip-element'); return t && t.classList.contains('visible') ? t.textContent : ''"))
        self.assertTrue(any("<img src=x" in text for text in texts), texts)
        self.assertIsNone(self.script("return window.hacked || null"))

    def test_dark_follows_the_system_and_the_switch(self):
        self.open("full.html", dark=True)
        self.assertEqual(self.paper(), "rgb(21, 24, 28)")
        background = "return trainmarkViews[0].view.background()"
        self.assertEqual(self.script(background), "#15181c")
        button = self.driver.find_element("id", "theme")
        self.assertEqual(button.text, "Light page")
        button.send_keys(Keys.ENTER)  # by keyboard
        self.wait_until_drawn()
        self.assertEqual(self.paper(), "rgb(255, 255, 255)")
        self.assertEqual(self.script(background), "#ffffff")
        self.assertEqual(self.errors(), [])

    def test_the_first_stop_of_the_keyboard_leads_to_the_report(self):
        self.open("full.html")
        self.driver.find_element("tag name", "body").send_keys(Keys.TAB)
        self.assertEqual(self.script("return document.activeElement.getAttribute('href')"), "#main")

    def test_every_chart_has_alternative_text_a_table_and_a_menu_to_save_it(self):
        self.open("full.html")
        for figure in self.driver.find_elements("css selector", "figure"):
            name = figure.get_attribute("id")
            self.assertGreater(len(figure.find_element("css selector", ".chart").get_attribute("aria-label")), 30, name)
            self.assertEqual(len(figure.find_elements("css selector", "details.figures table")), 1, name)
            saves = self.script("return [...arguments[0].querySelectorAll('.vega-actions a')].map((a) => a.textContent)", figure)
            self.assertEqual(saves, ["Save as SVG", "Save as PNG"], name)

    def test_a_dark_page_is_printed_light(self):
        self.open("full.html", dark=True)
        pdf = base64.b64decode(self.driver.execute_cdp_cmd("Page.printToPDF", {"paperWidth": 8.27, "paperHeight": 11.69})["data"])
        self.assertEqual(pdf[:5], b"%PDF-")
        self.wait_until_drawn()
        self.assertEqual(self.paper(), "rgb(21, 24, 28)")  # and dark again after it
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print", "features": [{"name": "prefers-color-scheme", "value": "dark"}]})
        self.assertEqual(self.paper(), "rgb(255, 255, 255)")
        self.assertEqual(self.script("return getComputedStyle(document.querySelector('.bar')).display"), "none")

    def test_a_hundred_thousand_points_are_drawn_on_a_canvas_in_seconds(self):
        seconds = self.open("many.html")
        self.assertEqual(self.errors(), [])
        self.assertEqual(self.script("return document.querySelectorAll('[data-chart=w1-step-time] canvas.marks').length"), 1)
        self.assertEqual(self.script("return document.querySelectorAll('[data-chart=w1-throughput] svg.marks').length"), 1)
        marks = dict(zip(self.script("return [...document.querySelectorAll('.chart')].map((chart) => chart.dataset.chart)"), self.script(COUNT_MARKS)))
        self.assertGreaterEqual(marks["w1-step-time"], 100000)
        print(f"many.html: {seconds:.1f} s")
        self.assertLess(seconds, 45)


if __name__ == "__main__":
    unittest.main(verbosity=2)
