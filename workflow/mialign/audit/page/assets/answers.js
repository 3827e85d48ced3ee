// Answers side by side, attempts at word problems, and pairs with what the filters dropped.

const distinct = (values) => [...new Set(values)];
const go = (target) => { location.hash = target.slice(1); };

async function answersView(experiment, id, temperature, seed, first, second) {
  const known = experiments("responses", "scores");
  experiment = known.includes(asking(experiment ?? "")) ? asking(experiment) : known[0];
  if (!experiment) return [el("h1", {}, "Answers side by side"), el("p", {}, "This run has no answers to benchmark questions.")];
  const names = distinct([...policies("responses", experiment), ...policies("scores", experiment)]);
  first = names.includes(first) ? first : names.find((name) => name !== "base") ?? names[0];
  second = names.includes(second) && second !== first ? second : names.find((name) => name !== first) ?? first;
  const answers = await Promise.all([first, second].map((name) => itemsOf("responses", experiment, name)));
  const questions = await questionsOf(experiment);
  const question = questions.find((one) => one.id === id) ?? answers[0].map((item) => item.question)[0] ?? questions[0];
  const of = answers[0].filter((item) => item.question === question);
  const temperatures = distinct(of.map((item) => item.temperature));
  temperature = temperatures.find((one) => sameTemperature(one, temperature) && temperature !== "") ?? temperatures[0];
  const seeds = distinct(of.map((item) => item.seed));
  seed = seeds.includes(seed) ? seed : seeds[0];
  const here = { experiment, id: question?.id, temperature, seed, first, second };
  const there = (change) => {
    const next = { ...here, ...change };
    return to("answers", next.experiment, next.id, next.temperature, next.seed, next.first, next.second);
  };
  const at = questions.indexOf(question);
  const chosen = answers.map((items) => items.find((item) => item.question === question && item.seed === seed && item.temperature === temperature));
  return [
    el("h1", {}, "Answers side by side"),
    el("div", { class: "choices" },
      choice("Experiment", known, experiment, (value) => go(there({ experiment: value, id: "" }))),
      choice("One model", names, first, (value) => go(there({ first: value }))),
      choice("Another", names, second, (value) => go(there({ second: value }))),
      choice("Temperature", temperatures, temperature, (value) => go(there({ temperature: value }))),
      choice("Seed", seeds, seed, (value) => go(there({ seed: value }))),
      choice("Question", questions.map((one, place) => [one.id, `${place + 1}. ${(one.question ?? one.id).slice(0, 70)}`]), question?.id, (value) => go(there({ id: value })))),
    stepper(questions, at, (one) => there({ id: one.id }), "question"),
    questionCard(question),
    el("div", { class: "sides" }, ...(await Promise.all([first, second].map((name, side) => answerCard(name, chosen[side], here))))),
    await verdictsOn(here),
  ];
}

function stepper(all, at, target, what) {
  const step = (by, text) => (all[at + by] ? link(target(all[at + by]), text) : el("span", { class: "quiet" }, text));
  return el("p", { class: "stepper" }, step(-1, `← Previous ${what}`), el("span", { class: "quiet" }, `${at + 1} of ${count(all.length)}`), step(1, `Next ${what} →`));
}

function questionCard(question) {
  if (!question) return null;
  const { id, question_id, category, question: text, reference, constitutions = [], prompts = [], user, other_user: otherUser } = question;
  return el("section", { class: "card" },
    el("h2", {}, "Question"),
    text === undefined ? el("p", { class: "quiet" }, "Its text is not in this results folder.") : written(text),
    facts({ category, id, "question in its source": question_id, user, "other user": otherUser }),
    ...constitutions.flatMap((one) => [el("h3", {}, "Constitution"), written(one.text ?? words(one)),
      one.principles ? el("p", { class: "quiet" }, one.principles.map((pair) => pair.join(" (") + ")").join(", ")) : null]),
    reference ? folded("What is correct", facts(Object.fromEntries(Object.entries(reference).map(([key, value]) => [key, words(value)])))) : null,
    prompts.length ? folded("The prompt, as the models read it", ...prompts.map(written)) : null);
}

const folded = (title, ...children) => el("details", {}, el("summary", {}, title), ...children);

async function answerCard(name, answer, { experiment, temperature, seed }) {
  const same = (item) => answer && item.prompt === answer.prompt && item.seed === seed && sameTemperature(item.temperature, temperature);
  const [score, reward] = await Promise.all(["scores", "rewards/responses"].map(async (stage) => (await itemsOf(stage, experiment, name)).find(same)));
  const told = (item, ...without) => Object.fromEntries(Object.entries(item ?? {}).filter(([key]) => !["prompt", "question", "temperature", "seed", "tokens", "ended", ...without].includes(key)).map(([key, value]) => [key, words(value)]));
  return el("section", { class: "card" },
    el("h2", {}, name),
    answer ? written(answer.text) : el("p", { class: "quiet" }, "No answer of this model is in the results."),
    answer ? facts({ tokens: answer.tokens, finish: answer.finish }) : null,
    score ? el("h3", {}, "What the checkers found") : null, score ? facts(told(score)) : null,
    reward ? el("h3", {}, "Rewards") : null, reward ? facts(told(reward)) : null);
}

/** What each judge said of the two answers, on each axis; whichever of the two is the test. */
async function verdictsOn({ experiment, id, temperature, seed, first, second }) {
  const judged = experiments("verdicts").filter((name) => asking(name) === experiment);
  const found = [];
  for (const name of judged) {
    for (const [test, baseline] of [[first, second], [second, first]]) {
      for (const item of await itemsOf("verdicts", name, `${test}-vs-${baseline}`)) {
        if (item.question.id === id && item.seed === seed && sameTemperature(item.temperature, temperature)) found.push({ ...item, test, baseline, of: name });
      }
    }
  }
  if (!found.length) return el("p", { class: "quiet" }, "These two were not compared with each other, or not at this temperature.");
  const winner = (item) => ({ test: item.test, baseline: item.baseline, tie: "a tie", invalid: "invalid" })[item.verdict] ?? item.verdict;
  const rows = found.map((item) => [item.judge ?? "", item.axis, winner(item), item.first ? words(item.first) : "", `${item.test} over ${item.baseline}`]);
  const said = found.filter((item) => item.answers).map((item) => folded(`What ${item.judge ?? "the judge"} wrote (${item.axis})`, ...[item.answers].flat().map((text) => written(typeof text === "string" ? text : words(text))), item.reasons ? facts({ reasons: words(item.reasons) }) : null));
  return section("Verdicts", dataTable({ caption: "What each judge said of these two answers", columns: ["judge", "axis", "better", "stood first", "comparison"], rows }), ...said);
}

async function solvedView(experiment, method, seed, temperature, id) {
  const known = experiments("attempts");
  experiment = known.includes(experiment) ? experiment : known[0];
  if (!experiment) return [el("h1", {}, "Solved problems"), el("p", {}, "This run has no attempts at word problems.")];
  const methods = policies("attempts", experiment);
  method = methods.includes(method) ? method : methods[0];
  const items = await itemsOf("attempts", experiment, method);
  const seeds = distinct(items.map((item) => item.seed));
  seed = seeds.includes(seed) ? seed : seeds[0];
  const temperatures = distinct(items.map((item) => item.temperature));
  temperature = temperatures.find((one) => sameTemperature(one, temperature) && temperature !== "" && temperature !== undefined) ?? temperatures.at(-1);
  const questions = await questionsOf(experiment);
  const question = questions.find((one) => one.id === id) ?? questions[0];
  const groups = await attemptsOf(experiment, method, temperature);
  const attempts = [...groups.values()].find((group) => group[0].question === question && group[0].seed === seed) ?? [];
  const here = { experiment, method, seed, temperature, id: question.id };
  const there = (change) => { const next = { ...here, ...change }; return to("solved", next.experiment, next.method, next.seed, next.temperature, next.id); };
  const extractors = Object.keys(attempts[0]?.correct ?? {});
  return [
    el("h1", {}, "Solved problems"),
    el("div", { class: "choices" },
      choice("Experiment", known, experiment, (value) => go(there({ experiment: value, id: "" }))),
      choice("Model", methods, method, (value) => go(there({ method: value }))),
      choice("Temperature", temperatures, temperature, (value) => go(there({ temperature: value }))),
      choice("Seed", seeds, seed, (value) => go(there({ seed: value }))),
      choice("Question", questions.map((one, place) => [one.id, `${place + 1}. ${(one.question ?? one.id).slice(0, 70)}`]), question.id, (value) => go(there({ id: value })))),
    stepper(questions, questions.indexOf(question), (one) => there({ id: one.id }), "question"),
    questionCard(question),
    el("p", {}, extractors.map((extractor) => `${extractor}: ${attempts.filter((item) => item.correct[extractor]).length} of ${attempts.length} correct`).join("; ")),
    section("Attempts", dataTable({
      caption: `${count(attempts.length)} attempts, and the answer that each extractor found`,
      columns: ["attempt", "text", "in steps", ...extractors, "tokens", "finish"],
      rows: attempts.map((item) => [item.attempt, written(item.text), words(item.steps), ...extractors.map((extractor) => mark(item.answers[extractor], item.correct[extractor])), item.tokens, item.finish]),
    })),
  ];
}

const mark = (answer, correct) => el("span", { class: correct ? "good" : "bad" }, `${answer ?? "none"} ${correct ? "✓ correct" : "✗ wrong"}`);

async function pairsView(name, at) {
  const names = Object.keys(summary.pairs);
  const filters = Object.keys(summary.tables).filter((table) => table.startsWith("pairs/") && table.endsWith(".filters.csv"));
  const all = distinct([...names, ...filters.map((table) => table.replace(/\.filters\.csv$/, ""))]);
  name = all.includes(name) ? name : all[0];
  if (!name) return [el("h1", {}, "Pairs"), el("p", {}, "This run has no pairs.")];
  const pairs = (await part(name)) ?? [];
  if (at !== undefined && pairs[Number(at)]) return pairView(name, pairs, Number(at));
  return [
    el("h1", {}, "Pairs, and what the filters dropped"),
    el("div", { class: "choices" }, choice("Set", all.map((one) => [one, one.slice("pairs/".length)]), name, (value) => go(to("pairs", value)))),
    await plainTable(`${name}.filters.csv`, "How many questions each filter dropped, in their order"),
    await plainTable(`${name}.examples.csv`, "Examples of what was dropped"),
    section("Pairs that were kept", dataTable({
      caption: `${count(pairs.length)} pairs`,
      columns: ["category", "question", "one response", "the other"],
      rows: pairs.map((pair) => [pair.category ?? "", pair.question ?? pair.id ?? "", ...[0, 1].map((side) => pair.responses?.[side]?.text ?? "")]),
      opens: 1, open: (_, place) => to("pairs", name, place),
    })),
  ];
}

async function plainTable(name, caption) {
  const table = await part(name);
  return table ? dataTable({ caption: `${caption} (${name})`, columns: table.columns, rows: table.rows }) : null;
}

function pairView(name, pairs, at) {
  const { question, constitutions = [], prompts = [], responses = [], terms, positive, ...rest } = pairs[at];
  const cards = responses.map((response, side) => {
    const { text, prompt, ...about } = response;
    return el("section", { class: "card" },
      el("h2", {}, `Response ${side + 1}${positive === undefined ? "" : prompt === positive ? ", to the positive constitution" : ""}`),
      written(text), facts(Object.fromEntries(Object.entries(about).map(([key, value]) => [key, words(value)]))),
      constitutions[prompt] === undefined ? null : [el("h3", {}, "Constitution"), written(constitutions[prompt])],
      prompts[prompt] === undefined ? null : folded("The prompt, as the model read it", written(prompts[prompt])));
  });
  return [
    el("h1", {}, `Pair ${at + 1} of ${count(pairs.length)}`),
    el("p", {}, "From ", link(to("pairs", name), name), "."),
    stepper(pairs, at, (one) => to("pairs", name, pairs.indexOf(one)), "pair"),
    el("section", { class: "card" }, el("h2", {}, "Question"), written(question ?? ""), facts(Object.fromEntries(Object.entries(rest).map(([key, value]) => [key, words(value)])))),
    el("div", { class: "sides" }, ...cards),
    terms ? section("Terms of the loss", el("ul", {}, ...terms.map((term) => el("li", {}, `chosen ${words(term.chosen)}, rejected ${words(term.rejected)}${term.weight === undefined ? "" : `, weight ${term.weight}`}`))),
      el("p", { class: "quiet" }, "Each is [prompt, response], counted from 0.")) : null,
  ];
}
