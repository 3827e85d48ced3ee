// The graph of jobs: one box a stage, an arrow where its jobs read another's files; a stage opens its jobs.

const BOX = { width: 166, height: 44, across: 36, down: 16 };

async function jobsView(stage, ...words) {
  const jobs = (await part("jobs")) ?? [];
  if (!jobs.length) return [el("h1", {}, "Jobs"), el("p", {}, "This results folder has no logs, so nothing is known of its jobs.")];
  const name = words.length ? [stage, ...words].join("/") : null;
  const job = jobs.find((one) => one.name === name);
  if (job) return jobView(job, jobs);
  const stages = stagesOf(jobs);
  const own = stages.has(stage) ? stage : null;
  const shown = own ? jobs.filter((one) => one.stage === own) : jobs;
  return [
    el("h1", {}, own ? `Jobs: ${own}` : "Jobs"),
    el("p", {}, `${count(jobs.length)} jobs took ${duration(total(jobs))} of work. The times are those that each job noted. An arrow is drawn where the names of the jobs and the settings say that one reads the files of another; Snakemake's own graph is not in the results folder.`),
    el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Graph of stages" }, graph(stages, own)),
    dataTable({
      caption: own ? `The jobs of ${own}` : "All jobs", columns: ["job", "stage", "seconds", "memory, MiB", "reads the files of"],
      rows: shown.map((one) => [one.name, one.stage, one.seconds ?? "", one.memory_mib ?? "", one.reads.length ? many(one.reads.length, "job") : ""]),
      open: (_, at) => jobTarget(shown[at].name), filter: true,
    }),
  ];
}

const total = (jobs) => jobs.reduce((sum, job) => sum + (job.seconds ?? 0), 0);
const jobTarget = (name) => to("jobs", ...name.split("/"), ...(name.includes("/") ? [] : [""]));

function duration(seconds) {
  if (seconds < 90) return `${Number(seconds.toFixed(1))} s`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
  return `${(seconds / 3600).toFixed(1)} h`;
}

function jobView(job, jobs) {
  const list = (names) => (names.length ? el("ul", { class: "names" }, ...names.map((name) => el("li", {}, link(jobTarget(name), name)))) : el("p", { class: "quiet" }, "none that is known here"));
  return [
    el("h1", {}, `Job ${job.name}`),
    facts({ stage: link(to("jobs", job.stage), job.stage), seconds: job.seconds, "memory, MiB": job.memory_mib }),
    section("It reads the files of", list(job.reads)),
    section("Its files are read by", list(jobs.filter((one) => one.reads.includes(job.name)).map((one) => one.name))),
    section("The end of its log", written(job.log)),
  ];
}

/** stage -> {jobs, reads: stages, column}; a stage stands right of all that it reads. */
function stagesOf(jobs) {
  const stageOf = new Map(jobs.map((job) => [job.name, job.stage]));
  const stages = new Map();
  for (const job of jobs) {
    if (!stages.has(job.stage)) stages.set(job.stage, { jobs: [], reads: new Set(), column: null });
    const stage = stages.get(job.stage);
    stage.jobs.push(job);
    for (const name of job.reads) if (stageOf.get(name) !== job.stage) stage.reads.add(stageOf.get(name));
  }
  const read = new Set([...stages.values()].flatMap(({ reads }) => [...reads]));
  const last = [...stages.keys()].filter((name) => !read.has(name));
  for (const name of [...last, ...stages.keys()]) setColumn(stages, name, []);
  return stages;
}

/** Of a circle (a trained model writes pairs, and pairs train a model) the arrow that closes it counts for nothing. */
function setColumn(stages, name, path) {
  const stage = stages.get(name);
  if (stage.column === null && !path.includes(name)) {
    const before = [...stage.reads].map((other) => setColumn(stages, other, [...path, name])).filter((column) => column !== null);
    stage.column = Math.max(0, ...before.map((column) => column + 1));
  }
  return stage.column;
}

function graph(stages, chosen) {
  const columns = [];
  for (const [name, stage] of stages) (columns[stage.column] ??= []).push(name);
  const place = new Map();
  const levelOf = (name) => mean([...stages.get(name).reads].filter((other) => place.has(other)).map((other) => place.get(other).y)) || 0;
  columns.forEach((names, column) => {
    names.sort((one, other) => levelOf(one) - levelOf(other)); // beside what they read
    names.forEach((name, row) => place.set(name, { x: 8 + column * (BOX.width + BOX.across), y: 8 + row * (BOX.height + BOX.down) }));
  });
  const width = Math.max(...[...place.values()].map(({ x }) => x)) + BOX.width + 8;
  const height = Math.max(...[...place.values()].map(({ y }) => y)) + BOX.height + 8;
  const arrows = [...stages].flatMap(([name, { reads }]) => [...reads].map((other) => {
    const [from, until] = [place.get(other), place.get(name)];
    const [x1, y1, x2, y2] = [from.x + BOX.width, from.y + BOX.height / 2, until.x, until.y + BOX.height / 2];
    const near = name === chosen || other === chosen;
    return svg("path", { class: near ? "arrow near" : "arrow", d: `M${x1},${y1} C${x1 + 30},${y1} ${x2 - 30},${y2} ${x2},${y2}` });
  }));
  const boxes = [...stages].map(([name, { jobs, reads }]) => {
    const { x, y } = place.get(name);
    const told = `${many(jobs.length, "job")}, ${duration(total(jobs))}`;
    return svg("a", { href: to("jobs", name), "aria-label": `${name}: ${told}; reads ${[...reads].join(", ") || "nothing"}`, "aria-current": name === chosen ? "true" : null },
      svg("rect", { class: "box", x, y, width: BOX.width, height: BOX.height, rx: 6 }),
      svg("text", { class: "name", x: x + 10, y: y + 18 }, name), svg("text", { class: "tick", x: x + 10, y: y + 35 }, told));
  });
  return svg("svg", { class: "graph", width, height, viewBox: `0 0 ${width} ${height}`, role: "group", "aria-label": "Stages and what they read" }, ...arrows, ...boxes);
}
