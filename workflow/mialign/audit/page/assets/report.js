// The reproduction report: the paper against itself, this run against the paper, and what would settle the rest.

// The rule of the assessments, in the sentences of the paper's own report.
const RULE = {
  "Assessments of the paper": [
    "Each claim has what the text says, what the figure shows and what the released files give.",
    "A value is not a possible value with n items if no numbers of wins, ties and losses of n items, or of correct answers, give it in the digits it was published with.",
    "A tie is half a win.",
    "The sources of a claim agree if they differ from the text by no more than the rounding of its digits and 0.02 points more, and otherwise they disagree.",
    "The 0.02 points are for two bars of a figure, each read off to the second decimal.",
    "A claim that has one source alone is not comparable.",
    "A released value of another checkpoint than the figure's is shown, and is no part of the assessment.",
    "Where the text calls an accuracy unchanged, it agrees with a figure within the margin below.",
    "A claim cannot be decided with n items if the interval of the published value includes that there is no effect.",
    "A claim that there is no effect needs an interval within five points of one half for a win rate, or within two points of zero for an accuracy.",
    "The interval of a win rate is Wilson's, and that of a gain is for two independent accuracies, because the original's attempts are not released.",
    "Shared questions can make a gain more certain than that.",
    "The p is that of the exact sign test, with the released counts or else the fewest ties, and of a gain that of a normal test.",
    "It is adjusted by the method of Holm within each group of rows.",
  ],
  "Assessments of this run": [
    "In the table of this run the interval is over questions and seeds, and seeds are a random effect in it.",
    "If there is one seed, the interval is the BCa bootstrap over questions, and holds for this seed.",
    "The run agrees if its interval shows the claimed direction.",
    "It disagrees if its interval shows the other direction.",
    "A claim of no effect agrees if the interval lies within the margin.",
    "It disagrees if the interval shows an effect beyond the margin.",
    "Where a program judges correct content, the judge without principles is another measure than the original's, and not comparable.",
  ],
};

async function reportView() {
  const parts = [await paperAndRun(), await notAgreeing(), await settling(), await settlingHere()].filter(Boolean);
  return [
    el("h1", {}, "Reproduction report"),
    ...(parts.length
      ? [el("p", {}, "It compares the original's sources with each other, and this run with the original. Each assessment follows from a rule."), rule(), ...parts]
      : [el("p", {}, "This run has none: it belongs to the paper whose runs have both experiments of the original.")]),
  ];
}

const rule = () => section("The rule of the assessments",
  ...Object.entries(RULE).map(([title, sentences]) => [el("h3", {}, title), el("p", {}, sentences.join(" "))]));

/** The claims with few columns, so that they fit a screen: published values, this run, and both assessments. */
async function claimsAtASight() {
  const table = await reportTable("reproduction", "Published values by where they stand, and this run with its 95 % interval; in %, and gains in points. A star marks a value of another checkpoint than the figure's", {
    ...CLAIM, ...SOURCES, "assessment of the paper": (one) => one.paper, "this run": here, "assessment of this run": (one) => one.here,
  });
  return table && section("Claims of the paper, and what this run has", table, el("p", {}, "The rule of the assessments is in the ", link(to("report"), "reproduction report"), "."));
}

async function paperAndRun() {
  const tables = [
    await reportTable("reproduction", "The claims of the original: published values in their own digits by where they stand, and what holds of them; in %, and gains in points. A star marks a value of another checkpoint than the figure's", {
      ...CLAIM, ...SOURCES, items: (one) => one.published_n, "95 % interval": (one) => bounds(one.published_low, one.published_high),
      p: (one) => chance(one.published_p), assessment: (one) => one.paper,
    }),
    await reportTable("reproduction_run", "The same claims in this run, with its 95 % interval; in %, and gains in points", {
      ...CLAIM, "this run": here, p: (one) => chance(one.p), questions: (one) => whole(one.items), seeds: (one) => whole(one.seeds), assessment: (one) => one.here,
    }),
  ].filter(Boolean);
  return tables.length ? section("The claims", ...tables) : null;
}

async function notAgreeing() {
  const columns = (result) => ({ about: (one) => one.about, [result]: (one) => one.result, source: (one) => one.source });
  const computed = await reportTable("findings", "What published values say when they are counted again", columns("computed"));
  const counted = await reportTable("findings_released", "What is counted from the released files that this run fetched", columns("counted"));
  const cited = [
    await reportTable("findings_original", "What the original's released code does", columns("what it does")),
    await reportTable("findings_neighbours", "What the neighbours' released code does, or their text says", columns("what it does or says")),
  ].filter(Boolean);
  if (!computed && !counted && !cited.length) return null;
  const said = "These rows say what the released code does, and no more. What was trained and published may have been made by other code. They are quoted from our reading, and are not computed in this run.";
  return section("What does not agree", computed, counted, cited.length ? el("p", {}, said) : null, ...cited);
}

/** What each claim needs, by its own items. */
const settlingTable = () => reportTable("settling", "The smallest effect (points) that each claim's own items show with a power of 80 % in one seed, and the items that its published effect needs", {
  ...CLAIM, effect: (one) => tenth(one.effect), items: (one) => one.items, "could show": (one) => tenth(one.could_show_80),
  "items, power 80 %": (one) => range(one.least_items_80, one.items_80), "items, power 95 %": (one) => range(one.least_items_95, one.items_95),
  seeds: (one) => whole(one.seeds_80),
});

async function settling() {
  const table = await settlingTable();
  if (!table) return null;
  const figure = summary.figures.includes("power")
    ? el("figure", {}, link(to("figures", "power"), await picture("power")), el("figcaption", {}, "The chance to find an effect of the published size, against the number of items"))
    : null;
  return section("What would settle the claims",
    el("p", {}, "Where no effect is claimed, the items bring the interval within the margin. Of two numbers of items for a gain, the smaller holds if the better method loses no question that the other answers correctly, and the larger if both are correct independently of each other. The seeds are those needed with any number of items, if seeds vary as in this run."),
    table, figure);
}

/** The same for the comparisons of this run. */
async function settlingHere() {
  const table = await reportTable("settling_run", "Comparisons of this run with 95 % intervals, the standard deviations of questions and of seeds, and the further questions that would decide each", {
    comparison: (one) => one.comparison, of: (one) => one.measure, "this run": here,
    "at equal length": (one) => estimated(one.equal_length_value, one.equal_length_low, one.equal_length_high),
    "sd of questions": (one) => tenth(one.sd_items), "sd of seeds": (one) => tenth(one.sd_seeds),
    decided: (one) => ({ True: "yes", False: "no" })[one.decided] ?? one.decided,
    "more, power 80 %": (one) => whole(one.more_80), "more, power 95 %": (one) => whole(one.more_95),
    "more, one by one": (one) => whole(one.more_sequential), "seeds, power 80 %": (one) => whole(one.seeds_80),
  });
  return table && section("What would settle the comparisons of this run",
    el("p", {}, "Effects are taken to be as large as they seem, and to vary as they do here. One by one means that questions are asked until a confidence sequence excludes zero effect. The word none says that no number of questions is enough, because seeds differ too much."), table);
}

const CLAIM = { claim: (one) => one.claim, of: (one) => one.measure };
/** What a kind of source says; a star marks a value of another checkpoint than the figure's. */
const said = (kind) => (one) => one[`published_${kind}`] + ((one.another_checkpoint ?? "").split(" ").includes(kind) ? "*" : "");
const SOURCES = { text: said("text"), figure: said("figure"), files: said("files") };

/** A table of the report, where the run has it; `columns` are functions of its rows. What this run has opens its row. */
async function reportTable(name, caption, columns) {
  const file = `tables/${name}.csv`;
  const table = await part(file);
  if (!table) return null;
  const cells = Object.values(columns);
  const rows = table.rows.map((row) => recordOf(table.columns, row)).map((record) => cells.map((cell) => cell(record) ?? ""));
  const opens = cells.indexOf(here);
  return el("div", {},
    dataTable({ caption, columns: Object.keys(columns), rows, opens, open: (_, at) => (opens < 0 ? null : rowTarget(file, table.columns, table.rows[at], at)) }),
    el("p", {}, "All that is known of each row: ", link(to("table", file), file), "."));
}

const digits = (number) => (text) => (isNumber(text ?? "") ? Number(text).toFixed(number) : text);
const [tenth, hundredth] = [digits(1), digits(2)];
const chance = (p) => (p && Number(p) < 0.01 ? "below 0.01" : hundredth(p));
const bounds = (low, high) => (low ? `[${tenth(low)}, ${tenth(high)}]` : "");
const estimated = (value, low, high) => (value ? `${tenth(value)} ${bounds(low, high)}` : "");
const here = ({ value, low, high }) => estimated(value, low, high);
const whole = (text) => (text === "inf" ? "none" : isNumber(text ?? "") ? String(Math.round(Number(text))) : text);
const range = (least, most) => (least === most ? whole(most) : `${whole(least)} to ${whole(most)}`);
