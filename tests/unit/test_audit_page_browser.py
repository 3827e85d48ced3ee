"""The page for reviewers in Chromium: its views, that it counts what the files say, and that nothing in it acts."""

import ast
import csv
import json
import re
import shutil
from collections import Counter
from pathlib import Path

import audited_run
import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

from mialign.audit.page import document
from mialign.audit.page.records import Records

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
DRIVER = shutil.which("chromedriver")
pytestmark = pytest.mark.skipif(
    not (CHROMIUM and DRIVER),
    reason="the page was not opened in a browser: there is no Chromium with its driver (Debian: chromium-driver)",
)
Q = "multitask/benchmark/<q>-3"
PROBLEM = "maths/benchmark/<q>-1"
PUBLISHED = (
    "published/comparisons.csv (figure: arXiv 2410.01704, figure 1, mean of the bars): "
    "multitask sami sft principle-aware 0 all win_rate"
)
VIEWS = {
    "overview": (),
    "report": ("report",),
    "power": ("figures", "power"),
    "figures": ("figures",),
    "figure": ("figures", "figure1"),
    "tables": ("tables",),
    "table": ("table", "tables/claims.csv"),
    "comparisons": ("comparisons",),
    "row": ("row", "metrics/comparisons.csv", "0"),
    "accuracy": ("row", "metrics/accuracy.csv", "0"),
    "cell": ("cell", "tables/win_rates.csv", "0"),
    "answers": ("answers", "multitask", Q, "1", "2", "sami", "sft"),
    "solved": ("solved", "maths", "sami", "1", "1", PROBLEM),
    "pairs": ("pairs",),
    "pair": ("pairs", "pairs/multitask/strong_pairs", "2"),
    "training": ("training", "multitask", "sami"),
    "jobs": ("jobs",),
    "job": ("jobs", "train", "multitask.sami.seed1"),
    "numbers": ("numbers",),
    "published": ("origin", PUBLISHED),
    "settings": ("settings",),
    "search": ("search", "acted"),
    "not here": ("row", "metrics/nothing.csv", "<script>"),
}


# What a view may be made of.
ELEMENTS = (
    "a b button caption circle dd details div dl dt figcaption figure form g h1 h2 h3 img input label li line mark "
    "option p path polyline rect section select small span summary svg table tbody td text th thead tr ul"
)


class Browser:
    """A page in Chromium, and what the tests ask of it."""

    def __init__(self, driver: webdriver.Chrome, page: Path):
        self.driver, self.page = driver, page

    def open(self, *words: str) -> None:
        """Go to a view, and wait until it is drawn."""
        hash_ = "#/" + self.driver.execute_script("return arguments[0].map(encodeURIComponent).join('/')", words)
        if self.driver.current_url.split("#")[0] != self.page.as_uri():
            self.driver.get(f"{self.page.as_uri()}{hash_}")
        else:
            self.driver.execute_script("location.hash = arguments[0]", hash_)
        self.drawn()

    def drawn(self) -> None:
        """Wait until the view at the address is drawn; a change of the address is told a moment later."""
        self.later("setTimeout(done, 30)")
        ready = (
            "const m = document.querySelector('main'); return !!m.querySelector('h1') && !m.hasAttribute('aria-busy')"
        )
        WebDriverWait(self.driver, 30, 0.05).until(lambda driver: driver.execute_script(ready))

    def later(self, script: str, *arguments):
        """What a script gives to `done`."""
        return self.driver.execute_async_script(f"const done = arguments[arguments.length - 1]; {script}", *arguments)

    def js(self, script: str, *arguments):
        return self.driver.execute_script(script, *arguments)

    @property
    def text(self) -> str:
        return self.js("return document.querySelector('main').textContent")

    def errors(self) -> list[str]:
        """What the browser complained of since the last time."""
        return [entry["message"] for entry in self.driver.get_log("browser")]


@pytest.fixture(scope="module")
def driver():
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    found = webdriver.Chrome(options, webdriver.ChromeService(DRIVER))
    found.set_script_timeout(60)
    yield found
    found.quit()


@pytest.fixture(scope="module")
def written(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("page")
    audited_run.write_published(folder)
    run = audited_run.write(folder / "results/small")
    (folder / "audit.html").write_text(document.write(run), encoding="utf-8")
    return folder / "audit.html"


@pytest.fixture
def browser(driver, written) -> Browser:
    driver.get("about:blank")
    found = Browser(driver, written)
    found.errors()
    return found


# ---------------------------------------------------------------- what it shows
@pytest.mark.parametrize("view", VIEWS)
def test_a_view_is_drawn_and_can_be_used_without_a_mouse_or_a_picture(browser, view):
    browser.open(*VIEWS[view])
    assert "cannot be shown" not in browser.text
    assert ("nothing at this address" in browser.text) is (view == "not here")
    lacking = browser.js(
        """
        const all = (what) => [...document.querySelectorAll(what)];
        const named = (one) => (one.textContent + (one.getAttribute('aria-label') ?? '')).trim();
        const levels = all('h1, h2, h3').map((one) => Number(one.tagName[1]));
        return {
          titles: all('h1').length - 1,
          jumps: levels.filter((level, at) => at && level > levels[at - 1] + 1).length,
          fields: all('input, select').filter((one) => !one.labels.length || !named(one.labels[0])).length,
          links: all('a, button').filter((one) => !named(one) && !one.querySelector('img[alt]')).length,
          pictures: all('img:not([alt]), svg:not([aria-label])').length,
          tables: all('table').filter((one) => !one.caption || !one.querySelector('th[scope=col]')).length,
          ids: all('[id]').length - new Set(all('[id]').map((one) => one.id)).size,
          mute: all('[onclick], [tabindex]:not([tabindex="0"]):not([tabindex="-1"])').length,
          language: document.documentElement.lang === 'en' ? 0 : 1,
          current: all('nav [aria-current]').length > 1 ? 1 : 0,
        };
        """
    )
    assert {name: number for name, number in lacking.items() if number} == {}
    assert browser.errors() == []


CONTROLS = {"A": {"link"}, "BUTTON": {"button"}, "SELECT": {"combobox", "listbox"}, "INPUT": {"searchbox", "textbox"}}
CONTROLS |= {"SUMMARY": {"DisclosureTriangle"}}


@pytest.mark.parametrize("view", ["overview", "report", "numbers", "answers", "comparisons", "pair", "jobs", "search"])
def test_every_control_has_a_role_and_a_name_for_a_screen_reader(browser, view):
    """By the tree that Chromium gives to a screen reader."""
    browser.open(*VIEWS[view])
    tags = browser.js(
        """
        const all = [...document.querySelectorAll('a, button, select, input, summary')];
        return all.filter((one) => one.checkVisibility()).map((one) => one.tagName.toUpperCase());
        """
    )
    nodes = browser.driver.execute_cdp_cmd("Accessibility.getFullAXTree", {})["nodes"]
    told = [(one["role"]["value"], one.get("name", {}).get("value", "").strip()) for one in nodes if not one["ignored"]]
    roles = Counter(role for role, _ in told)
    for tag, known in CONTROLS.items():
        assert sum(roles[role] for role in known) == tags.count(tag), (tag, roles)
    controls = set().union(*CONTROLS.values())
    assert [role for role, name in told if role in controls | {"image", "img", "region"} and not name] == []
    focusable = [one for one in nodes if not one["ignored"] and _has(one, "focusable")]
    assert len(focusable) > 12
    strange = {one["role"]["value"] for one in focusable} - controls
    assert strange <= {"RootWebArea", "main", "region", "heading", "option", "MenuListPopup"}


def _has(node: dict, state: str) -> bool:
    return any(one["name"] == state and one["value"].get("value") for one in node.get("properties", ()))


@pytest.mark.parametrize("view", VIEWS)
def test_a_view_is_no_wider_than_a_telephone(browser, view):
    size = {"width": 400, "height": 800, "deviceScaleFactor": 1, "mobile": False}
    browser.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    try:
        browser.open(*VIEWS[view])
        assert browser.js("return document.documentElement.scrollWidth") <= 400
    finally:
        browser.driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def recounted(browser: Browser, *files: str) -> list[list]:
    """Of each row of these tables: the row, and value and n as the page counts them; no value where it does not."""
    told = browser.later(
        """
        const files = arguments[0];
        (async () => {
          const told = [];
          for (const file of files) {
            for (const row of await records(file)) {
              const found = await recount(file, row);
              const value = found && (Number.isNaN(found.value) ? '' : found.value.toFixed(4));
              told.push([row, value, found && String(found.n)]);
            }
          }
          return told;
        })().then(done, (error) => done(String(error)));
        """,
        files,
    )
    assert isinstance(told, list), told
    return told


def is_as_in_the_file(row: dict, value: str, n: str) -> bool:
    same = row["value"] == value or abs(float(row["value"]) - float(value)) <= 0.00011
    return same and row["n"] == n


def test_every_value_counted_anew_is_that_of_the_file(browser):
    browser.open()
    told = recounted(browser, "metrics/comparisons.csv", "metrics/qualities.csv", "metrics/accuracy.csv")
    assert len(told) > 400
    assert [one for one in told if one[1] is None] == []
    assert [one for one in told if not is_as_in_the_file(*one)] == []


def test_every_effect_counted_anew_is_that_of_the_file(browser):
    browser.open()
    told = recounted(browser, "metrics/effects.csv")
    effects = [one for one in told if one[0]["metric"] in ("win_rate", "difference")]
    assert {one[0]["metric"] for one in effects} == {"win_rate", "difference"}
    assert [one for one in effects if one[1] is None or not is_as_in_the_file(*one)] == []


def test_every_reward_counted_anew_is_that_of_the_file_and_of_the_records(browser, written):
    browser.open()
    told = recounted(browser, "metrics/preferences.csv")
    rewards = [one for one in told if one[0]["metric"] == "reward"]
    assert len(rewards) == 3 * len(audited_run.VECTORS) * 2  # policies, vectors, rewards
    assert [one for one in rewards if one[1] is None or not is_as_in_the_file(*one)] == []
    for row, value, n in rewards:
        records = [
            json.loads(line)
            for path in (written.parent / "results/small/rewards/responses/wishes").glob(
                f"{row['method']}*/seed*.jsonl"
            )
            for line in path.read_text().splitlines()
        ]
        vector = [float(weight) for weight in row["preference"].split()]
        counted = [one["rewards"][row["reward"]] for one in records if one["preference"] == vector]
        assert (float(value), n) == (pytest.approx(sum(counted) / len(counted), abs=0.00006), str(len(counted)))
    assert {one[1] for one in told if one[0]["metric"] != "reward"} == {None}


def test_a_reward_that_differs_from_the_file_is_told_and_one_that_does_not_too(driver, tmp_path):
    run = audited_run.write(tmp_path / "small", texts=("yes",))
    path = run / "metrics/preferences.csv"
    head, *rows = path.read_text().splitlines()
    columns = head.split(",")
    places = [at for at, row in enumerate(rows) if row.split(",")[columns.index("metric")] == "reward"]
    cells = rows[places[0]].split(",")
    cells[columns.index("value")] = "9.0000"
    rows[places[0]] = ",".join(cells)
    path.write_text("\n".join([head, *rows]) + "\n")
    (tmp_path / "audit.html").write_text(document.write(run), encoding="utf-8")
    browser = Browser(driver, tmp_path / "audit.html")
    for place, said in zip(places, ("This differs from the file", *["✓ The same, counted anew"] * 3), strict=False):
        browser.open("row", "metrics/preferences.csv", str(place))
        assert said in browser.text


def test_a_count_that_differs_from_the_file_is_told(driver, tmp_path):
    run = audited_run.write(tmp_path / "small", texts=("yes",))
    path = run / "metrics/comparisons.csv"
    head, first, *rest = path.read_text().splitlines()
    cells = first.split(",")
    path.write_text("\n".join([head, ",".join([*cells[:7], "99.0000", *cells[8:]]), *rest]) + "\n")
    (tmp_path / "audit.html").write_text(document.write(run), encoding="utf-8")
    browser = Browser(driver, tmp_path / "audit.html")
    browser.open("row", "metrics/comparisons.csv", "0")
    assert "This differs from the file" in browser.text


def test_a_number_of_the_paper_opens_down_to_the_two_answers(browser, written):
    browser.open("numbers")
    _click(browser, "metrics/comparisons.csv: multitask sami sft principle-aware 0 all win_rate")
    assert "win_rate of sami over sft, multitask" in browser.text
    assert "The same, counted anew in this page" in browser.text
    assert "winMultitaskSamiSft" in browser.text
    browser.js("document.querySelector('section td a').click()")
    browser.drawn()
    run = written.parent / "results/small"
    for policy in ("sami", "sft"):
        answer = json.loads((run / f"responses/multitask/{policy}/seed1.jsonl").read_text().splitlines()[0])
        shown = browser.js("return [...document.querySelectorAll('.sides .written')].map((one) => one.textContent)")
        assert any(one in (answer["text"], audited_text(answer["text"])) for one in shown), answer["text"]
    assert "<judge>" in browser.text
    assert "sami over sft" in browser.text


def audited_text(text: str) -> str:
    """A text as the page shows it: what is unseen as its number, the rest as it is."""
    unseen = "\x00\x1b\x07\u202e\u202c\u2066\u2069\u200b\ufeff\u2028\r\ud83d"
    return "".join(f"U+{ord(one):04X}" if one in unseen else one for one in text)


def _click(browser: Browser, name: str) -> None:
    browser.driver.find_element(By.LINK_TEXT, name).click()
    browser.drawn()


def _cells(browser: Browser, caption: str) -> list[list[str]]:
    """What stands in the rows of the table with a caption that begins so."""
    return browser.js(
        """
        const [caption] = arguments;
        const begins = (table) => table.caption.textContent.startsWith(caption);
        const table = [...document.querySelectorAll('table')].find(begins);
        return [...table.tBodies[0].rows].map((row) => [...row.cells].map((one) => one.textContent));
        """,
        caption,
    )


def _table(written: Path, name: str) -> list[dict]:
    with (written.parent / f"results/small/tables/{name}.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def _shown(row: dict) -> str:
    value, low, high = (f"{float(row[key]):.1f}" for key in ("value", "low", "high"))
    return f"{value} [{low}, {high}]"


POSSIBLE = "not a possible value with 80 items; disagrees; cannot be decided with 80 items"


def test_the_overview_has_each_claim_with_both_assessments_in_one_sight(browser, written):
    browser.driver.set_window_size(1200, 900)
    browser.open()
    rows = _cells(browser, "Published values")
    ours = _table(written, "reproduction")
    assert len(rows) == len(ours) == 15
    assert rows[1][:6] == ["SAMI over SFT", "win rate, %, temperature 0", "58.15", "57.5", "56.875*", POSSIBLE]
    assert rows[1][6:] == [_shown(ours[1]), ours[1]["here"]]
    assert ours[1]["here"].startswith("cannot be decided with ")
    assert rows[0][6:] == ["", "not measured"]
    assert browser.js("const it = document.querySelector('.scroll'); return it.scrollWidth - it.clientWidth") <= 0
    _click(browser, "reproduction report")
    assert browser.js("return document.querySelector('h1').textContent") == "Reproduction report"


# ---------------------------------------------------------------- the reproduction report
def test_the_report_has_the_rule_and_every_table_of_it_and_the_figure(browser, written):
    browser.open("report")
    assert browser.js("return document.querySelector('nav [aria-current=page]').textContent") == "Reproduction report"
    assert browser.js("return [...document.querySelectorAll('h2')].map((one) => one.textContent)") == [
        "The rule of the assessments", "The claims", "What does not agree", "What would settle the claims",
        "What would settle the comparisons of this run",
    ]  # fmt: skip
    claims, run = _table(written, "reproduction"), _table(written, "settling_run")
    shown = _cells(browser, "The claims of the original")
    assert len(shown) == 15
    assert shown[1] == [
        "SAMI over SFT", "win rate, %, temperature 0", "58.15", "57.5", "56.875*", "80", "[46.6, 67.7]", "0.60",
        POSSIBLE,
    ]  # fmt: skip
    assert [row[7] for row in shown if row[0] == "SFT over base, 10 attempts"] == ["below 0.01"]
    shown = _cells(browser, "The same claims in this run")
    assert shown[1][:3] == ["SAMI over SFT", "win rate, %, temperature 0", _shown(claims[1])]
    assert shown[1][4:] == [f"{float(claims[1]['items']):.0f}", "2", claims[1]["here"]]
    for caption, name in (
        ("What published values say", "findings"),
        ("What the original's released code does", "findings_original"),
        ("What the neighbours'", "findings_neighbours"),
    ):
        assert [row[1] for row in _cells(browser, caption)] == [row["result"] for row in _table(written, name)]
    shown = _cells(browser, "The smallest effect")
    assert shown[1] == ["SAMI over SFT", "win rate, %, temperature 0", "7.5", "80", "15.5", "341", "565", shown[1][7]]
    assert re.fullmatch(r"\d+ to \d+", shown[6][5])  # a gain: at best, and for independent methods
    shown = _cells(browser, "Comparisons of this run")
    assert [row[0] for row in shown] == [row["comparison"] for row in run]
    assert [row[7] for row in shown] == [
        "none" if row["more_80"] == "inf" else row["more_80"].removesuffix(".0") for row in run
    ]
    assert browser.js("return [...document.querySelectorAll('figure a')].map((one) => one.hash)") == ["#/figures/power"]
    assert browser.js("return document.querySelectorAll('figure img').length") == 1


def test_the_rule_of_the_report_is_that_of_the_paper(browser):
    tex = (audited_run.ROOT / "paper/sections/reproduction.tex").read_text(encoding="utf-8")
    browser.open("report")
    told = browser.js(
        """
        const titles = [...document.querySelectorAll('h3')];
        return Object.fromEntries(titles.map((one) => [one.textContent, one.nextSibling.textContent]));
        """
    )
    paragraphs = re.findall(r"\\paragraph\{(.*?)\.\}\n(.*?)\n\n", tex, re.DOTALL)
    assert told == {title: _plain(text) for title, text in paragraphs}
    assert list(told) == ["Assessments of the paper", "Assessments of this run"]


def _plain(tex: str) -> str:
    """A paragraph of the paper without LaTeX, and without the sentence that a run's settings choose."""
    text = tex.replace("Table~\\ref{tab:reproductionrun}", "the table of this run").replace("\n\\runCaveatOfClaims", "")
    text = re.sub(r"\\emph\{(.*?)\}", r"\1", text)
    return re.sub(r"\$(\w)\$", r"\1", text).replace("\n", " ")


def test_what_the_run_lacks_is_not_in_the_report(driver, tmp_path):
    browser = _of_a_run_without("tables/findings*.csv", driver, tmp_path)
    browser.open("report")
    assert "What would settle the claims" in browser.text
    assert "What does not agree" not in browser.text
    browser = _of_a_run_without("tables/[rfs]*.csv", driver, tmp_path / "another")
    browser.open("report")
    assert "This run has none" in browser.text
    assert browser.js("return document.querySelectorAll('main table').length") == 0
    browser.open()
    assert "assessment of the paper" not in browser.text


@pytest.mark.parametrize(
    ("table", "metrics"),
    [
        ("claims", "metrics/comparisons.csv"),
        ("reproduction", "metrics/effects.csv"),
        ("reproduction_run", "metrics/effects.csv"),
        ("settling_run", "metrics/effects.csv"),
    ],
)
def test_a_value_of_a_claim_opens_the_row_of_metrics_and_its_records(browser, written, table, metrics):
    place, row = next(
        (at, row) for at, row in enumerate(_table(written, table)) if row["method"] == "sami" and row["axis"]
    )
    browser.open("cell", f"tables/{table}.csv", str(place))
    assert browser.js("return document.querySelector('h1').textContent") == "win_rate of sami over sft, multitask"
    assert f"A row of {metrics}" in browser.text
    assert f"counted anew in this page: {float(row['value']):g}" in browser.text
    verdicts = "[...document.querySelectorAll('section td a')].map((one) => one.hash.split('/')[1])"
    assert set(browser.js(f"return {verdicts}")) == {"answers"}


def test_every_value_of_the_report_is_a_link_to_one_row(browser, written):
    browser.open("report")
    cells = [row for name in ("reproduction_run", "settling_run") for row in _table(written, name) if row["value"]]
    hashes = browser.js("return [...document.querySelectorAll('main td a')].map((one) => one.hash)")
    assert len(hashes) == len(cells) > 8
    for hash_, row in zip(hashes, cells, strict=True):
        browser.js("location.hash = arguments[0]", hash_)
        browser.drawn()
        title = f"{row['metric']} of {row['method']} over {row['baseline']}, {row['experiment']}"
        assert browser.js("return document.querySelector('h1').textContent") == title


# ---------------------------------------------------------------- what others published
def test_a_published_number_opens_the_row_that_it_stands_in(browser):
    browser.open("numbers")
    _click(browser, PUBLISHED)
    assert browser.js("return document.querySelector('h1').textContent") == "A published value"
    assert "Its source is: figure: arXiv 2410.01704, figure 1, mean of the bars." in browser.text
    shown = browser.js(
        """
        const pairs = [...document.querySelectorAll('.facts div')];
        return pairs.map((one) => [...one.children].map((part) => part.textContent));
        """
    )
    assert ["value", "57.5"] in shown
    assert [pair for pair in shown if pair[0] in ("method", "baseline")] == [["method", "sami"], ["baseline", "sft"]]
    _click(browser, "published/comparisons.csv")
    assert browser.js("return document.querySelectorAll('main tbody tr').length") == 41
    assert browser.js("return document.querySelectorAll('main td a').length") == 0


def test_a_published_number_that_a_copied_folder_lacks_is_told_in_words(driver, tmp_path):
    browser = _of_a_run_without("*.nothing", driver, tmp_path)
    browser.open("origin", PUBLISHED)
    assert "It stands in the row “multitask sami sft principle-aware 0 all win_rate”" in browser.text
    place = "published/comparisons.csv is not in this page. It is workflow/resources/published/comparisons.csv of the"
    assert place in browser.text
    browser.open("figures", "power")
    assert place in browser.text
    assert browser.js("return [...document.querySelectorAll('main p a')].map((one) => one.textContent)") == [
        "tables/settling.csv"
    ]


def test_each_figure_is_drawn_from_the_tables_that_the_workflow_gives_it(browser):
    rules = ast.parse((audited_run.ROOT / "workflow/rules/inputs/figures.smk").read_text(encoding="utf-8"))
    drawn = next(one for one in rules.body if isinstance(one, ast.Assign) and one.targets[0].id == "DRAWN")
    given = eval(compile(ast.Expression(drawn.value), "figures.smk", "eval"))
    wanted = {figure: [f"metrics/{kind}.csv" for kind in kinds] for figure, kinds in given.items()}
    assert len(wanted) > 8
    browser.open()
    assert browser.js("return DRAWN") == wanted | {"power": ["published/comparisons.csv", "published/accuracy.csv"]}
    browser.open("figures", "power")
    assert "It is drawn from published/comparisons.csv and published/accuracy.csv." in browser.text
    assert len(_cells(browser, "The smallest effect")) == 15


def test_steps_under_a_curve_are_whole_and_stand_once(browser):
    browser.open("training", "multitask", "sami")
    steps = "[...document.querySelectorAll('.charts svg text[text-anchor=middle]')].map((one) => one.textContent)"
    of_one = browser.js(f"return {steps.replace('.charts svg', '.charts figure:first-child svg')}")
    assert len(of_one) > 1
    assert len(set(of_one)) == len(of_one)
    assert all(one.isdecimal() for one in of_one)


def _of_a_run_without(files: str, driver, tmp_path) -> Browser:
    run = audited_run.write(tmp_path / "small", texts=("yes",))
    for path in run.glob(files):
        path.unlink()
    (tmp_path / "audit.html").write_text(document.write(run), encoding="utf-8")
    return Browser(driver, tmp_path / "audit.html")


def test_a_folder_without_pictures_says_so_and_leads_to_the_tables(driver, tmp_path):
    browser = _of_a_run_without("figures/*.png", driver, tmp_path)
    browser.open("figures")
    assert "no picture of a figure in this folder" in browser.text
    _click(browser, "the tables")
    assert browser.js("return document.querySelector('h1').textContent") == "Tables"


def test_the_other_ways_down_lead_to_the_same_row(browser):
    browser.open("table", "tables/win_rates.csv")
    browser.js("document.querySelector('main td a').click()")
    browser.drawn()
    assert browser.js("return document.querySelector('h1').textContent").startswith("win_rate of sami over sft")
    browser.open("comparisons", "multitask", "principle-aware", "0.0")
    browser.js("document.querySelector('.matrix td a').click()")
    browser.drawn()
    assert browser.js("return document.querySelector('h1').textContent").startswith("win_rate of sami over sft")


def test_the_step_that_was_kept_is_marked_in_the_curves(browser):
    browser.open("training", "multitask", "sami")
    assert "seed1: the checkpoint of step 8 was kept" in browser.text
    assert browser.js("return document.querySelector('svg[aria-label^=\"adherence by step\"] circle') !== null")


def test_the_graph_has_an_arrow_for_each_rule_that_reads_another(browser):
    browser.open("jobs", "train")
    boxes = browser.js("return [...document.querySelectorAll('.graph a')].map((one) => one.getAttribute('aria-label'))")
    assert boxes == [
        "pairs: 1 job, 4.5 s; reads nothing",
        "train: 1 job, 4.5 s; reads pairs",
        "respond: 1 job, 4.5 s; reads train",
        "numbers: 1 job, 4.5 s; reads pairs",
    ]
    assert browser.js("return document.querySelectorAll('.graph .arrow').length") == 3
    assert browser.js("return document.querySelectorAll('.graph .arrow.near').length") == 2
    inside = """
        const box = document.querySelector('.graph').getBoundingClientRect();
        return [...document.querySelectorAll('.graph rect')].every((one) => {
          const { left, right, top, bottom } = one.getBoundingClientRect();
          return box.left <= left && right <= box.right && box.top <= top && bottom <= box.bottom;
        });
    """
    assert browser.js(inside)


def test_without_provenance_the_jobs_have_times_and_no_graph(driver, tmp_path):
    browser = _of_a_run_without("logs/**/*.json", driver, tmp_path)
    browser.open("jobs")
    assert "this results folder has no provenance of its jobs" in browser.text
    assert "train/multitask.sami.seed1" in browser.text
    assert browser.js("return document.querySelector('.graph')") is None


def test_search_finds_answers_and_leads_to_them(browser):
    browser.open("search", "WINDOW.ACTED = 'ONERROR'")
    found = browser.js("return [...document.querySelectorAll('.hits a')].map((one) => one.textContent)")
    assert any(one.startswith("sami, seed") for one in found)
    _click(browser, next(one for one in found if one.startswith("sami, seed") and "multitask" in one))
    assert "onerror=\"window.acted = 'onerror'\"" in browser.text


def test_a_sampled_page_says_so_and_counts_all_the_same(driver, tmp_path, monkeypatch):
    monkeypatch.setattr(document, "Records", lambda folder: Records(folder, max_bytes=20_000))
    run = audited_run.write(tmp_path / "small")
    (tmp_path / "audit.html").write_text(document.write(run), encoding="utf-8")
    browser = Browser(driver, tmp_path / "audit.html")
    browser.open()
    assert "This run is larger than the page" in browser.text
    browser.open("row", "metrics/comparisons.csv", "0")
    assert "The same, counted anew" in browser.text


def test_a_page_of_twenty_thousand_answers_opens_within_two_seconds(driver, tmp_path):
    """Of work: what else runs on the machine does not count."""
    audited_run.write_answers(tmp_path, 20_000)
    (tmp_path / "audit.html").write_text(document.write(tmp_path), encoding="utf-8")
    driver.get("about:blank")
    driver.execute_cdp_cmd("Performance.enable", {"timeDomain": "threadTicks"})
    Browser(driver, tmp_path / "audit.html").open()
    spent = {one["name"]: one["value"] for one in driver.execute_cdp_cmd("Performance.getMetrics", {})["metrics"]}
    driver.execute_cdp_cmd("Performance.disable", {})
    assert 0.05 < spent["TaskDuration"] < 2, spent


# ---------------------------------------------------------------- nothing in it acts
def test_hostile_answers_never_act_and_are_shown_as_they_are(browser):
    shown = ""
    browser.open()
    before = browser.js("return document.scripts.length")
    for words in VIEWS.values():
        browser.open(*words)
        shown += browser.text
        state = browser.js(
            """
            const allowed = new Set(arguments[0].toUpperCase().split(' '));
            const inside = [...document.querySelectorAll('main *')];
            return {
              acted: window.acted ?? null,
              scripts: document.scripts.length,
              strange: inside.map((one) => one.tagName.toUpperCase()).filter((tag) => !allowed.has(tag)),
              handlers: inside.flatMap((one) => one.getAttributeNames()).filter((name) => name.startsWith('on')),
              addresses: inside.flatMap((one) => ['href', 'src', 'action'].map((name) => one.getAttribute(name)))
                .filter((value) => value !== null && !/^(#[/]|data:image[/]png;base64,)/.test(value)),
            };
            """,
            ELEMENTS,
        )
        assert state == {"acted": None, "scripts": before, "strange": [], "handlers": [], "addresses": []}, words
    for text in audited_run.HOSTILE:
        assert audited_text(text)[:3000] in shown, text
    assert browser.errors() == []


def test_answers_cannot_act_even_where_the_policy_is_not_kept(driver, written, tmp_path):
    page = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", written.read_text(encoding="utf-8"))
    (tmp_path / "open.html").write_text(page, encoding="utf-8")
    browser = Browser(driver, tmp_path / "open.html")
    for words in VIEWS.values():
        browser.open(*words)
        assert browser.js("return window.acted ?? null") is None


@pytest.mark.parametrize(
    "way",
    [
        "document.body.innerHTML = '<b>markup</b>'",
        "document.write('<b>markup</b>')",
        "document.body.append(Object.assign(document.createElement('script'), { text: 'window.acted = 1' }))",
        "const b = document.createElement('b'); b.setAttribute('onclick', 'window.acted = 1'); b.click()",
        "await fetch('http://127.0.0.1:9/')",
        "await new Promise((_, no) => Object.assign(new Image(), { onerror: no, src: 'http://127.0.0.1:9/x.png' }))",
    ],
)
def test_the_policy_stops_whatever_would_act_or_load(browser, way):
    browser.open()
    script = f"(async () => {{ try {{ {way}; }} catch {{}} return window.acted ?? null; }})().then(done)"
    assert browser.later(script) is None
    assert any(
        "Content Security Policy" in one or "TrustedHTML" in one or "TrustedScript" in one for one in browser.errors()
    )


# ---------------------------------------------------------------- by keyboard
def test_the_first_key_offers_the_way_past_the_menu(browser):
    browser.open()
    _press(browser, Keys.TAB)
    assert browser.js("return document.activeElement.textContent") == "Skip to the content"


def test_views_are_reached_and_read_from_their_title_by_keyboard(browser):
    browser.open()
    for _ in range(30):
        _press(browser, Keys.TAB)
        if browser.js("return document.activeElement.textContent") == "Comparisons":
            break
    _press(browser, Keys.ENTER)
    browser.drawn()
    assert browser.js("return document.activeElement.tagName + document.activeElement.textContent") == "H1Comparisons"
    assert browser.js("return document.querySelector('nav [aria-current=page]').textContent") == "Comparisons"
    assert browser.driver.title == "Comparisons · small"


def test_a_table_is_sorted_and_filtered_by_keyboard(browser):
    browser.open("table", "metrics/qualities.csv")
    browser.js("[...document.querySelectorAll('th button')].find((one) => one.textContent === 'value').focus()")
    _press(browser, Keys.ENTER)
    cells = "[...document.querySelectorAll('tbody tr')].map((row) => row.cells[5].textContent)"
    values = f"return {cells}.filter(Boolean).map(Number)"
    up = browser.js(values)
    assert up == sorted(up)
    assert browser.js("return document.querySelector('th[aria-sort]').getAttribute('aria-sort')") == "ascending"
    _press(browser, Keys.ENTER)
    down = browser.js(values)
    assert down == sorted(down, reverse=True)
    browser.driver.find_element(By.CSS_SELECTOR, ".filter input").send_keys("sft adherence")
    kept = browser.js("return [...document.querySelectorAll('tbody tr')].map((row) => row.textContent)")
    assert kept
    assert all("sft" in row and "adherence" in row for row in kept)
    assert "rows shown" in browser.js("return document.querySelector('.table [role=status]').textContent")


def test_a_stage_in_the_graph_is_opened_by_keyboard(browser):
    browser.open("jobs")
    browser.js("document.querySelector('svg a[aria-label^=\"train:\"]').focus()")
    _press(browser, Keys.ENTER)
    browser.drawn()
    assert browser.js("return document.querySelector('h1').textContent") == "Jobs: train"


def test_another_model_is_chosen_by_keyboard(browser):
    browser.open("answers", "multitask", Q, "1", "2", "sami", "sft")
    browser.js("document.querySelectorAll('.choices select')[2].focus()")
    _press(browser, "b")
    browser.drawn()
    assert "/sami/base" in browser.driver.current_url


def _press(browser: Browser, key: str) -> None:
    webdriver.ActionChains(browser.driver).send_keys(key).perform()
