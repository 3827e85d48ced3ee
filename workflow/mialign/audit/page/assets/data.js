"use strict";

// The page's data lie in parts, compressed in base64. A part is inflated when it is first asked for.

const inflated = new Map();
let numberOf = {};
let summary = {};

async function inflate(number) {
  const text = document.getElementById(`part${number}`).textContent;
  const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return JSON.parse(await new Response(stream).text());
}

/** The part of this name; null where the run has none. */
function part(name) {
  if (!Object.hasOwn(numberOf, name)) return Promise.resolve(null);
  if (!inflated.has(name)) inflated.set(name, inflate(numberOf[name]));
  return inflated.get(name);
}

function partNames(folder) {
  return Object.keys(numberOf).filter((name) => name.startsWith(`${folder}/`));
}

async function openData() {
  numberOf = (await inflate(0)).parts;
  summary = await part("summary");
}

/** The rows of a table as objects by column. */
async function records(name) {
  const table = await part(name);
  return table ? table.rows.map((row) => recordOf(table.columns, row)) : [];
}

function recordOf(columns, row) {
  return Object.fromEntries(columns.map((column, at) => [column, row[at]]));
}

/** The policies of an experiment that have a part of this stage (responses, attempts, verdicts, ...). */
function policies(stage, experiment) {
  return partNames(`${stage}/${experiment}`).map((name) => name.slice(stage.length + experiment.length + 2));
}

function experiments(...stages) {
  const names = stages.flatMap((stage) => partNames(stage).map((name) => name.slice(stage.length + 1).split("/")[0]));
  return [...new Set(names)];
}

/** Verdicts of a second judge are under EXPERIMENT.JUDGE; the questions are those of the experiment. */
const asking = (experiment) => experiment.split(".")[0];

const questionsOf = async (experiment) => (await part(`questions/${asking(experiment)}`)) ?? [];

/** One object for each record of a part in columns, with its seed and its question. */
async function itemsOf(stage, experiment, policy) {
  const seeds = (await part(`${stage}/${experiment}/${policy}`)) ?? {};
  const questions = await questionsOf(experiment);
  return Object.entries(seeds).flatMap(([seed, columns]) => {
    const fields = Object.keys(columns);
    return columns.prompt.map((place, at) => {
      const item = { seed, question: questions[place] };
      for (const field of fields) item[field] = columns[field][at];
      return item;
    });
  });
}

const sameTemperature = (one, other) => Number(one) === Number(other);
