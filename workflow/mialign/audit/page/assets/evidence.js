// A row of metrics/*.csv, opened: what it says, the same counted anew, and the records that were counted.

const AXES = { "principle-aware": "which follows the constitution better", "principle-free": "which is the better answer" };
const SHOWN = { test: "win", baseline: "loss", tie: "tie", invalid: "invalid" };

async function evidenceView(file, place) {
  const table = await part(file);
  const row = table?.rows[Number(place)];
  if (!row) return notFound();
  const record = recordOf(table.columns, row);
  const keys = Object.fromEntries(table.columns.filter((column) => !ESTIMATE.includes(column)).map((column) => [column, record[column]]));
  return [
    el("h1", {}, rowTitle(record)),
    el("p", {}, "A row of ", link(to("table", file), file), ", and what it was counted from."),
    facts({ ...keys, ...(record.axis ? { asked: AXES[record.axis] } : {}) }),
    ...(await counted(file, record)),
    await macrosOf(file, table.columns, row),
  ];
}

const rowTitle = (record) =>
  `${record.metric ?? "value"} of ${record.method ?? "the run"}${record.baseline ? ` over ${record.baseline}` : ""}, ${record.experiment ?? ""}`;

async function counted(file, record) {
  const found = await recount(file, record);
  if (!found) return [estimate(record), await unrecounted(record)];
  const same = record.value === "" ? Number.isNaN(found.value) : Math.abs(Number(record.value) - found.value) < 0.0001;
  const verdict = same
    ? el("p", { class: "good" }, "✓ The same, counted anew in this page: ", el("b", {}, shownValue(found.value)), ` from ${count(found.n)} records.`)
    : el("p", { class: "bad" }, "✗ Counted anew in this page it is ", el("b", {}, shownValue(found.value)), ` from ${count(found.n)} records. This differs from the file.`);
  return [estimate(record), verdict, ...(found.items[0].verdict ? [shares(found.items)] : []), evidenceTable(record, found.items)];
}

const shownValue = (value) => (Number.isNaN(value) ? "none" : String(Number(value.toFixed(4))));

function estimate(record) {
  return facts({
    value: record.value || "none",
    "95 % interval": record.low ? `${record.low} to ${record.high}` : null,
    "n, what the value rests on": record.n,
  });
}

/** How many of each verdict, as one bar and in words. */
function shares(items) {
  const kinds = ["test", "tie", "baseline", "invalid"].map((kind) => [kind, items.filter((item) => item.verdict === kind).length]).filter(([, number]) => number);
  const bar = el("div", { class: "bar", "aria-hidden": "true" }, ...kinds.map(([kind, number]) => {
    const piece = el("span", { class: kind });
    piece.style.flexGrow = number;
    return piece;
  }));
  return el("div", {}, bar, el("p", {}, kinds.map(([kind, number]) => `${count(number)} ${SHOWN[kind]}${number === 1 ? "" : kind === "baseline" ? "es" : kind === "invalid" ? "" : "s"}`).join(", "), "."));
}

function evidenceTable(record, items) {
  const rows = items.map((item) => [
    item.question.category ?? "", item.question.question ?? item.question.id, item.seed,
    item.verdict ? SHOWN[item.verdict] ?? item.verdict : item.attempt !== undefined ? `${item.attempt}` : words(item[record.metric]),
    item.counts === null || item.counts === undefined ? "" : String(Number(Number(item.counts).toFixed(4))),
  ]);
  const what = items[0].verdict ? "verdict" : items[0].attempt !== undefined ? "first attempt" : "score";
  return section("The records that were counted", dataTable({
    caption: `${count(rows.length)} records; a question opens the answers`,
    columns: ["category", "question", "seed", what, "counts"],
    rows, opens: 1, filter: true,
    open: (_, at) => answerTarget(record, items[at]),
  }));
}

function answerTarget(record, item) {
  if (item.attempt !== undefined) return to("solved", record.experiment, record.method, item.seed, item.temperature, item.question.id);
  return to("answers", record.experiment, item.question.id, item.temperature, item.seed, record.method, record.baseline ?? "");
}

async function unrecounted(record) {
  const curves = (await part("curves")) ?? {};
  const of = `${record.experiment}/${record.method}`;
  const course = record.step ? [`${of}/seed${record.seed}`, of].find((name) => Object.hasOwn(curves, name)) : undefined;
  if (course) return el("p", {}, "It is a point of ", link(to("training", ...course.split("/")), `the course of ${course}`), ".");
  const stages = ["responses", "attempts"].filter((stage) => partNames(stage).includes(`${stage}/${record.experiment}/${record.method}`));
  return el("p", {}, "This page does not count it anew. ",
    ...stages.map((stage) => (stage === "responses"
      ? link(to("answers", record.experiment, "", record.temperature ?? "", "", record.method, ""), `The answers of ${record.method}`)
      : link(to("solved", record.experiment, record.method), `The attempts of ${record.method}`))));
}

/** The numbers of the paper's text that stand in this row. */
async function macrosOf(file, columns, row) {
  const own = keyWords(columns, row).join(" ");
  const named = (await records("paper/numbers.csv")).filter(({ origin }) => {
    const [, from, , keys] = ORIGIN.exec(origin) ?? [];
    return from === file && keys.split(/,? /).map(normal).sort().join(" ") === own;
  });
  if (!named.length) return null;
  return section("In the paper", dataTable({ caption: "Numbers of the text that stand in this row", columns: ["macro", "prints", "printed"], rows: named.map(({ name, text, used }) => [name, text, used]) }));
}

/** Everything that the origin of a number names. */
async function originView(origin) {
  const found = await rowsOfOrigin(origin);
  return origin.startsWith("published/") ? publishedView(origin, found) : chosenRows("Rows of a number", origin, found);
}

/** A published value: the row that it stands in, or in words where that row is. */
async function publishedView(origin, found) {
  const [, file, source, named] = ORIGIN.exec(origin) ?? [];
  if (!file) return notFound();
  const table = await part(file);
  return [
    el("h1", {}, "A published value"),
    el("p", {}, "This run did not measure it. Its source is: ", source ?? "not noted", "."),
    ...(found.length
      ? [el("p", {}, "It is a row of ", link(to("table", file), file), "."), ...found.map(({ place }) => facts(recordOf(table.columns, table.rows[place])))]
      : [el("p", {}, `It stands in the row “${named}”. `, elsewhere(file))]),
  ];
}

/** Where a table of published values is that this page lacks. */
const elsewhere = (file) => `${file} is not in this page. It is workflow/resources/${file} of the repository.`;

/** All rows of metrics that have the estimate of this row of a table. */
async function cellView(name, place) {
  const table = await part(name);
  const row = table?.rows[Number(place)];
  if (!row) return notFound();
  return chosenRows("Rows with this value", `${name}: ${row.filter(Boolean).join(", ")}`, await rowsLike(table.columns, row));
}

async function chosenRows(title, about, found) {
  if (found.length === 1) return evidenceView(found[0].file, found[0].place);
  const shown = await Promise.all(found.map(async ({ file, place }) => {
    const table = await part(file);
    const { value, low, high, n, ...keys } = recordOf(table.columns, table.rows[place]);
    return [Object.values(keys).filter(Boolean).join(" "), value, low ?? "", high ?? "", n ?? "", file];
  }));
  return [
    el("h1", {}, title), el("p", {}, about),
    found.length
      ? dataTable({ caption: "Rows that it may be", columns: ["row", ...ESTIMATE, "file"], rows: shown, open: (_, at) => to("row", found[at].file, found[at].place) })
      : el("p", {}, "No row of metrics/*.csv in this page has it."),
  ];
}
