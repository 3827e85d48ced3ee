// The other views: overview, figures, tables, comparisons, numbers of the paper, settings, search.

async function overview() {
  const { counts, left_out: left, run } = summary;
  const jobs = (await part("jobs")) ?? [];
  return [
    el("h1", {}, `Run ${run}`),
    el("p", {}, "Every figure, table and number of this run, and the answers that they were counted from. A number that is a link opens what it was counted from, and is counted anew here."),
    sampling(left),
    el("div", { class: "tiles" },
      ...tile("Answers", (counts.responses ?? 0), to("answers")), ...tile("Attempts at problems", counts.attempts, to("solved")),
      ...tile("Verdicts", counts.verdicts, to("comparisons")), ...tile("Pairs", counts.pairs, to("pairs")),
      ...tile("Trainings", Object.keys((await part("curves")) ?? {}).length, to("training")), ...tile("Jobs", jobs.length, to("jobs")),
      ...tile("Tables", Object.keys(summary.tables).length, to("tables")), ...tile("Numbers of the paper", summary.tables["paper/numbers.csv"], to("numbers"))),
    await claimsAtASight(),
    summary.figures.length ? section("Figures", await gallery(summary.figures)) : null,
  ];
}

function sampling(left) {
  if (!left.questions && !left.pairs) return el("p", { class: "quiet" }, "All texts of the run are in this page.");
  return el("p", { class: "notice" }, `This run is larger than the page. The texts of the answers to ${count(left.questions)} questions and ${count(left.pairs)} pairs are left out; a seed chose which. Scores, verdicts and extracted answers are all here, so every count below is of the whole run.`);
}

const tile = (name, number, target) => (number ? [el("a", { class: "tile", href: target }, el("b", {}, count(number)), el("span", {}, name))] : []);

async function gallery(names) {
  return el("div", { class: "gallery" }, ...(await Promise.all(names.map(async (name) => el("figure", {}, link(to("figures", name), await picture(name)), el("figcaption", {}, link(to("figures", name), name)))))));
}

async function picture(name) {
  const data = await part(`figures/${name}`);
  return el("img", { src: `data:image/png;base64,${data}`, alt: `Figure ${name} of the paper; its numbers are listed in its view` });
}

async function figuresView(name) {
  if (!summary.figures.length) return [el("h1", {}, "Figures"), el("p", {}, "There is no picture of a figure in this folder; a crate may have been made without them. What figures are drawn from is here: ", link(to("tables"), "the tables"), ".")];
  if (!summary.figures.includes(name)) return [el("h1", {}, "Figures"), await gallery(summary.figures)];
  const [kind, experiment] = name.split(/-(.*)/);
  const files = DRAWN[kind] ?? [];
  const known = files.filter((file) => Object.hasOwn(summary.tables, file));
  const lacking = files.filter((file) => file.startsWith("published/") && !known.includes(file));
  return [
    el("h1", {}, `Figure ${name}`),
    el("div", { class: "figure" }, await picture(name)),
    el("p", {}, "It is drawn from ", files.length ? files.flatMap((file, at) => [at ? " and " : "", known.includes(file) ? link(to("table", file), file) : file]) : "tables that this page does not know", "."),
    ...lacking.map((file) => el("p", {}, elsewhere(file))),
    ...(kind === "power" ? [await settlingTable()] : []),
    ...(await Promise.all(known.map((file) => rowsOf(file, experiment)))).flat(),
  ];
}

/** The rows of a table: of metrics those of the experiment, of others all. */
const rowsOf = async (file, experiment) => (file.startsWith("metrics/") ? [await metricRows(file, experiment)] : tableParts(file));

/** The rows of a table of metrics, each opening what it was counted from. */
async function metricRows(file, experiment) {
  const table = await part(file);
  const places = table.rows.map((_, at) => at).filter((at) => !experiment || recordOf(table.columns, table.rows[at]).experiment === experiment);
  return dataTable({
    caption: `${file}${experiment ? `, experiment ${experiment}` : ""}; a value opens what it was counted from`, columns: table.columns,
    rows: places.map((at) => table.rows[at]), opens: table.columns.indexOf("value"), open: (_, at) => to("row", file, places[at]), filter: true,
  });
}

async function tablesView() {
  const groups = Object.entries(summary.tables).filter(([name]) => name !== "paper/numbers.csv" && !name.startsWith("pairs/"));
  return [el("h1", {}, "Tables"), dataTable({ caption: "Tables of this run; those of the paper are under tables/, and values that others published are under published/", columns: ["table", "rows"], rows: groups.map(([name, rows]) => [name, rows]), open: ([name]) => to("table", name), filter: true })];
}

async function tableView(name) {
  if (!Object.hasOwn(summary.tables, name ?? "")) return notFound();
  return [el("h1", {}, name), ...(await rowsOf(name))];
}

async function tableParts(name) {
  const { columns, rows } = await part(name);
  const opens = Math.max(0, columns.findIndex((column) => ["value", "prompt_id", "text"].includes(column)));
  return [dataTable({ caption: name, columns, rows, opens, open: (row, at) => rowTarget(name, columns, row, at) })];
}

/** What a row of a table of the paper leads to. */
function rowTarget(name, columns, row, at) {
  const record = recordOf(columns, row);
  if (name.startsWith("published/")) return null;
  if (record.value) return to("cell", name, at);
  if (record.prompt_id) return partNames("attempts").some((part) => part.startsWith(`attempts/${record.experiment}/`))
    ? to("solved", record.experiment, record.method, "", 0, record.prompt_id) : to("answers", record.experiment, record.prompt_id, 0, "", record.method, "");
  return null;
}

async function comparisonsView(experiment, axis, temperature) {
  const file = "metrics/comparisons.csv";
  const table = await part(file);
  if (!table) return [el("h1", {}, "Comparisons"), el("p", {}, "This run compares no two models.")];
  const rows = table.rows.map((row, place) => ({ ...recordOf(table.columns, row), place })).filter(({ metric }) => metric === "win_rate");
  const pick = (column, value, among) => { const all = distinct(among.map((row) => row[column])); return [all, all.includes(value) ? value : all[0]]; };
  const [allExperiments, ofExperiment] = pick("experiment", experiment, rows);
  const within = rows.filter((row) => row.experiment === ofExperiment);
  const [allAxes, ofAxis] = pick("axis", axis, within);
  const [allTemperatures, ofTemperature] = pick("temperature", temperature, within);
  const shown = within.filter((row) => row.axis === ofAxis && row.temperature === ofTemperature);
  const categories = distinct(shown.map(({ category }) => category));
  const pairs = distinct(shown.map(({ method, baseline }) => `${method} over ${baseline}`));
  const cell = (pair, category) => shown.find((row) => `${row.method} over ${row.baseline}` === pair && row.category === category);
  const there = (change) => { const next = { experiment: ofExperiment, axis: ofAxis, temperature: ofTemperature, ...change }; return to("comparisons", next.experiment, next.axis, next.temperature); };
  return [
    el("h1", {}, "Comparisons"),
    el("p", {}, "Win rates in %, with 95 % intervals: wins and half the ties, of the valid verdicts. Each opens its verdicts. ▲ and ▼ stand where the interval lies above or below 50."),
    el("div", { class: "choices" },
      choice("Experiment", allExperiments, ofExperiment, (value) => go(there({ experiment: value }))),
      choice("Axis", allAxes, ofAxis, (value) => go(there({ axis: value }))),
      choice("Temperature", allTemperatures, ofTemperature, (value) => go(there({ temperature: value })))),
    el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Win rates" }, el("table", { class: "matrix" },
      el("caption", {}, `${ofExperiment}, ${ofAxis}, temperature ${ofTemperature}`),
      el("thead", {}, el("tr", {}, ...["comparison", ...categories].map((name) => el("th", { scope: "col" }, name)))),
      el("tbody", {}, ...pairs.map((pair) => el("tr", {}, el("th", { scope: "row" }, pair), ...categories.map((category) => rateCell(file, cell(pair, category)))))))),
    section("All rows", await metricRows(file, ofExperiment)),
  ];
}

function rateCell(file, row) {
  if (!row || row.value === "") return el("td", {}, "none");
  const [kind, sign, told] = Number(row.low) > 50 ? ["above", " ▲", ", above 50"] : row.high !== "" && Number(row.high) < 50 ? ["below", " ▼", ", below 50"] : ["", "", ""];
  return el("td", { class: `number ${kind}` },
    el("a", { href: to("row", file, row.place), "aria-label": `${row.value} percent${told}; ${row.method} over ${row.baseline}, ${row.category}` }, `${Number(row.value).toFixed(1)}${sign}`),
    row.low === "" ? null : el("small", {}, `${Number(row.low).toFixed(1)} to ${Number(row.high).toFixed(1)}`));
}

/** Printed numbers before others, and measured ones before settings. */
const rank = ({ used, origin }) => 2 * (used !== "yes") + origin.startsWith("config: ");

async function numbersView() {
  const table = await part("paper/numbers.csv");
  if (!table) return [el("h1", {}, "Numbers of the paper"), el("p", {}, "This run has no paper/numbers.csv.")];
  const rows = table.rows.map((row) => recordOf(table.columns, row)).sort((one, other) => rank(one) - rank(other));
  return [
    el("h1", {}, "Numbers of the paper"),
    el("p", {}, "Each number of the text is a macro. Those that the text prints come first; the origin opens the row that a number stands in."),
    dataTable({ caption: "Macros, as LaTeX gets them", columns: ["macro", "prints", "origin", "printed"], rows: rows.map(({ name, text, origin, used }) => [name, text, origin, used ?? ""]), opens: 2, open: (row) => originTarget(row[2]), filter: true }),
  ];
}

async function settingsView(path) {
  const rows = Object.entries(summary.settings).filter(([key]) => !path || key === path || key.startsWith(`${path}/`));
  return [
    el("h1", {}, path ? `Settings: ${path}` : "Settings of the run"),
    path ? el("p", {}, link(to("settings"), "All settings")) : null,
    rows.length ? dataTable({ caption: "Settings, as far as the paper could print them", columns: ["setting", "value"], rows, filter: true }) : el("p", {}, "This results folder does not have them."),
  ];
}

const HITS = 100; // of each kind

async function searchView(sought = "") {
  const field = el("input", { type: "search", id: "sought", value: sought });
  const form = el("form", { class: "search", role: "search", submit: (event) => { event.preventDefault(); go(to("search", field.value)); } }, el("label", { for: "sought" }, "Words in questions, answers, attempts and pairs"), field, el("button", {}, "Search"));
  if (!sought.trim()) return [el("h1", {}, "Search"), form];
  const { hits, more } = await searched(sought.trim().toLowerCase());
  return [
    el("h1", {}, "Search"), form,
    el("p", { role: "status" }, `${many(hits.length, "place")} found.${more ? ` At most ${HITS} of each kind are shown; longer words find fewer.` : ""}`),
    el("ul", { class: "hits" }, ...hits.map(({ target, about, text, at }) => el("li", {}, link(target, about), el("p", { dir: "auto" }, ...snippet(text, at, sought.trim().length))))),
  ];
}

/** Places of the text in questions, answers, attempts and pairs; `more`: whether there are others of some kind. */
async function searched(wanted) {
  const hits = [];
  const found = {};
  const full = (kind) => found[kind] === HITS;
  const look = (kind, text, about, target) => {
    const at = typeof text === "string" && !full(kind) ? text.toLowerCase().indexOf(wanted) : -1;
    if (at < 0) return;
    found[kind] = (found[kind] ?? 0) + 1;
    hits.push({ text, at, about, target: target() });
  };
  for (const experiment of experiments("questions")) {
    const solving = partNames(`attempts/${experiment}`).length > 0;
    for (const { question, id } of await questionsOf(experiment)) {
      look("questions", question, `Question ${id}`, () => (solving ? to("solved", experiment, "", "", "", id) : to("answers", experiment, id)));
    }
  }
  for (const name of [...partNames("responses"), ...partNames("attempts")]) {
    const [stage, experiment, policy] = name.split("/");
    for (const item of full(stage) ? [] : await itemsOf(stage, experiment, policy)) {
      look(stage, item.text, `${policy}, seed ${item.seed}, temperature ${item.temperature}: ${item.question.id}`, () => (stage === "attempts"
        ? to("solved", experiment, policy, item.seed, item.temperature, item.question.id)
        : to("answers", experiment, item.question.id, item.temperature, item.seed, policy, "")));
    }
  }
  for (const name of Object.keys(summary.pairs)) {
    const pairs = full("pairs") ? [] : await part(name);
    pairs.forEach((pair, at) => (pair.responses ?? []).forEach(({ text }) => look("pairs", text, `${name}, pair ${at + 1}`, () => to("pairs", name, at))));
  }
  return { hits, more: Object.keys(found).some(full) };
}

function snippet(text, at, length) {
  const from = Math.max(0, at - 80);
  return [from ? "… " : "", text.slice(from, at), el("mark", {}, text.slice(at, at + length)), text.slice(at + length, at + length + 120), text.length > at + length + 120 ? " …" : ""];
}
