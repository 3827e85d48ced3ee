// From a number to the row that it stands in: of metrics/*.csv, or of published/*.csv.

const ESTIMATE = ["value", "low", "high", "n"];
const measured = (...kinds) => kinds.map((kind) => `metrics/${kind}.csv`);
// The tables that each kind of figure is drawn from.
const DRAWN = {
  figure1: measured("comparisons"), overall: measured("comparisons"), qualities: measured("qualities"),
  figure2: measured("accuracy"), figure3: measured("accuracy"), formats: measured("accuracy"),
  training: measured("training"), collapse: measured("training"), information: measured("information"),
  constitutions: measured("qualities", "information"), front: measured("preferences"),
  power: ["published/comparisons.csv", "published/accuracy.csv"],
};
// TABLE (SOURCE): KEYS; what was published has a source, and what the run measured has none.
const ORIGIN = /^((?:metrics|published)\/\S+\.csv)(?: \((.*)\))?: (.*)$/;

const metricFiles = () => Object.keys(summary.tables).filter((name) => name.startsWith("metrics/"));

const normal = (cell) => (isNumber(cell) ? String(Number(cell)) : cell);

/** The words that name a row: its keys without the values, their source and their judge, in alphabetical order. */
function keyWords(columns, row) {
  const keys = row.filter((cell, at) => cell !== "" && ![...ESTIMATE, "source", "judge"].includes(columns[at]));
  return keys.flatMap((cell) => cell.split(" ")).map(normal).sort();
}

/** Places of the rows that the origin of a number names: "metrics/comparisons.csv: multitask sami sft ... win_rate". */
async function rowsOfOrigin(origin) {
  const [, file, source, named] = ORIGIN.exec(origin) ?? [];
  const table = file ? await part(file) : null;
  if (!table) return [];
  const wanted = named.split(/,? /).filter((word) => word !== "step").map(normal).sort();
  const all = table.rows.map((row, place) => ({ file, place, source: recordOf(table.columns, row).source, words: keyWords(table.columns, row) }))
    .filter((one) => one.source === source);
  const same = all.filter(({ words: own }) => own.join(" ") === wanted.join(" "));
  if (same.length) return same;
  // An origin of several rows leaves keys out, or says in words which rows it means ("by category").
  const known = new Set(all.flatMap(({ words: own }) => own));
  const keys = wanted.filter((word) => known.has(word));
  return all.filter(({ words: own }) => keys.every((word) => own.includes(word)));
}

/** Places of the rows of metrics that have the estimate of a table's row, and no key that speaks against it: the closest. */
async function rowsLike(columns, row) {
  const given = recordOf(columns, row);
  const estimate = ESTIMATE.filter((column) => column in given && given[column] !== "");
  if (!given.value || estimate.length < 2) return [];
  const found = [];
  for (const file of metricFiles()) {
    const table = await part(file);
    if (!estimate.every((column) => table.columns.includes(column))) continue;
    const at = Object.fromEntries(table.columns.map((column, place) => [column, place]));
    const keys = columns.filter((column) => !ESTIMATE.includes(column) && column in at && given[column] !== "");
    table.rows.forEach((other, place) => {
      const same = estimate.every((column) => isNumber(other[at[column]]) && Number(other[at[column]]) === Number(given[column]));
      const beside = table.columns.filter((column) => !ESTIMATE.includes(column) && !given[column] && other[at[column]] !== "").length;
      if (same && keys.every((column) => normal(other[at[column]]) === normal(given[column]))) found.push({ file, place, far: beside - keys.length });
    });
  }
  const nearest = Math.min(...found.map(({ far }) => far));
  return found.filter(({ far }) => far === nearest);
}

/** Where the origin of a number leads, or null. */
function originTarget(origin) {
  const [, pairs] = /^pairs\/([^:]+)\.filters\.csv/.exec(origin) ?? [];
  if (pairs) return to("pairs", partNames("pairs").find((name) => name.startsWith(`pairs/${pairs}`) && !name.endsWith(".csv")) ?? "");
  if (/^(metrics|published)\//.test(origin)) return to("origin", origin);
  const [, setting] = /config: (\S+)$/.exec(origin) ?? [];
  return setting ? to("settings", setting) : null;
}
