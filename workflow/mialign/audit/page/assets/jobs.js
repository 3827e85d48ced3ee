// The graph of jobs: one box a rule, an arrow to each rule that reads its files; a rule opens its jobs. Places come with
// the data.

const BOX = { width: 166, height: 44, across: 46, down: 14, around: 8 };

async function jobsView(rule, ...words) {
  const jobs = (await part("jobs")) ?? [];
  if (!jobs.length) return [el("h1", {}, "Jobs"), el("p", {}, "This results folder has no logs, so nothing is known of its jobs.")];
  const name = words.length ? [rule, ...words].join("/") : null;
  const job = jobs.find((one) => one.name === name);
  if (job) return jobView(job, jobs);
  const drawn = (await part("graph")) ?? { rules: [], arrows: [] };
  const own = jobs.some((one) => one.rule === rule) ? rule : null;
  const shown = own ? jobs.filter((one) => one.rule === own) : jobs;
  const known = drawn.rules.length > 0;
  return [
    el("h1", {}, own ? `Jobs: ${own}` : "Jobs"),
    el("p", {}, `${count(jobs.length)} jobs took ${duration(total(jobs))} of work. ${known ? "The times, and which job read which files, are those that each job noted. An arrow leads from a rule to each rule whose jobs read its files." : "The times are those that each job noted. Which job read the files of which is not known, because this results folder has no provenance of its jobs."}`),
    known ? el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Graph of rules" }, graph(drawn, jobs, own)) : null,
    dataTable({
      caption: own ? `The jobs of ${own}` : "All jobs", columns: ["job", "rule", "seconds", "memory, MiB", "reads the files of"],
      rows: shown.map((one) => [one.name, one.rule, one.seconds ?? "", one.memory_mib ?? "", one.reads.length ? many(one.reads.length, "job") : ""]),
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
    facts({ rule: link(to("jobs", job.rule), job.rule), seconds: job.seconds, "memory, MiB": job.memory_mib }),
    section("It reads the files of", list(job.reads)),
    section("Its files are read by", list(jobs.filter((one) => one.reads.includes(job.name)).map((one) => one.name))),
    section("The end of its log", written(job.log)),
  ];
}

function graph({ rules, arrows }, jobs, chosen) {
  const tops = [...rules.map(({ place }) => place[1]), ...arrows.flatMap(({ way }) => way.map(([, row]) => row))];
  const highest = Math.min(...tops);
  const at = ([column, row]) => [BOX.around + column * (BOX.width + BOX.across), BOX.around + (row - highest) * (BOX.height + BOX.down)];
  const width = at([Math.max(...rules.map(({ place }) => place[0])), 0])[0] + BOX.width + BOX.around;
  const height = at([0, Math.max(...tops)])[1] + BOX.height + BOX.around;
  const lines = arrows.map(({ read, reader, way }) => {
    const near = read === chosen || reader === chosen;
    return svg("path", { class: near ? "arrow near" : "arrow", d: wayOf(way.map(at)) });
  });
  const boxes = rules.map(({ name, reads, place }) => {
    const [x, y] = at(place);
    const own = jobs.filter((job) => job.rule === name);
    const told = `${many(own.length, "job")}, ${duration(total(own))}`;
    return svg("a", { href: to("jobs", name), "aria-label": `${name}: ${told}; reads ${reads.join(", ") || "nothing"}`, "aria-current": name === chosen ? "true" : null },
      svg("rect", { class: "box", x, y, width: BOX.width, height: BOX.height, rx: 6 }),
      svg("text", { class: "name", x: x + 10, y: y + 18 }, name), svg("text", { class: "tick", x: x + 10, y: y + 35 }, told));
  });
  return svg("svg", { class: "graph", width, height, viewBox: `0 0 ${width} ${height}`, role: "group", "aria-label": "Rules and what they read" }, ...lines, ...boxes);
}

/** From the right side of the first box to the left of the last; in a column between it runs level. */
function wayOf(corners) {
  const middles = corners.map(([x, y]) => [x, y + BOX.height / 2]);
  return middles.slice(1).map(([until, to], at) => {
    const [left, from] = middles[at];
    const [right, half] = [left + BOX.width, BOX.across / 2];
    return `${at ? "L" : "M"}${right},${from} C${right + half},${from} ${until - half},${to} ${until},${to}`;
  }).join(" ");
}
