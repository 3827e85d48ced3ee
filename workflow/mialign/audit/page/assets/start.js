// Which view stands at which address.

const VIEWS = {
  "": overview, report: reportView, figures: figuresView, tables: tablesView, table: tableView, comparisons: comparisonsView, row: evidenceView,
  cell: cellView, origin: originView, answers: answersView, solved: solvedView, pairs: pairsView, training: trainingView,
  jobs: jobsView, numbers: numbersView, settings: settingsView, search: searchView,
};
const MENU = [
  ["", "Overview"], ["report", "Reproduction report"], ["figures", "Figures"], ["tables", "Tables"], ["comparisons", "Comparisons"], ["answers", "Answers"], ["solved", "Problems"],
  ["pairs", "Pairs"], ["training", "Training"], ["jobs", "Jobs"], ["numbers", "Numbers"], ["settings", "Settings"], ["search", "Search"],
];
const UNDER = { table: "tables", row: "tables", cell: "tables", origin: "numbers" };

const notFound = () => [el("h1", {}, "Not here"), el("p", {}, "This page has nothing at this address. ", link(to(""), "Back to the overview"))];

let turn = 0;

async function show(focus) {
  const mine = (turn += 1);
  const main = document.getElementById("main");
  const status = document.getElementById("status");
  const [name, ...words] = location.hash.replace(/^#\/?/, "").split("/").map(unescaped);
  const busy = setTimeout(() => { status.textContent = "Loading …"; }, 150);
  main.setAttribute("aria-busy", "true");
  let content;
  try {
    content = Object.hasOwn(VIEWS, name) ? await VIEWS[name](...words) : notFound();
  } catch (error) {
    content = [el("h1", {}, "This view cannot be shown"), el("p", {}, String(error))];
  }
  clearTimeout(busy);
  if (mine !== turn) return; // another view was asked for meanwhile
  main.replaceChildren(...content.filter(Boolean));
  main.removeAttribute("aria-busy");
  const title = main.querySelector("h1");
  document.title = `${title.textContent} · ${summary.run ?? "audit"}`;
  status.textContent = "";
  drawMenu(UNDER[name] ?? name);
  if (focus) {
    title.tabIndex = -1;
    title.focus({ preventScroll: true });
    scrollTo(0, 0);
  }
}

function unescaped(word) {
  try {
    return decodeURIComponent(word);
  } catch {
    return word;
  }
}

function drawMenu(current) {
  document.getElementById("nav").replaceChildren(...MENU.map(([name, title]) => el("a", { href: to(name), "aria-current": name === current ? "page" : null }, title)));
}

async function start() {
  if (typeof DecompressionStream === "undefined") {
    document.getElementById("main").textContent = "This browser cannot inflate the data of this page: it lacks DecompressionStream. Any browser of 2023 or later has it.";
    return;
  }
  await openData();
  document.getElementById("run").textContent = summary.run;
  addEventListener("hashchange", () => show(true));
  await show(false);
}

start();
