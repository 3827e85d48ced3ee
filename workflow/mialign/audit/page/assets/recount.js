// The numbers of metrics/*.csv, counted anew from the verdicts, scores and attempts in this page.
//
// A recount is {items, value, n}: the records that count, each with `counts` (what it adds), and what they give. The
// interval is not recounted: it is a bootstrap over questions, by a seed.

const POINTS = { test: 1, tie: 0.5, baseline: 0, invalid: null };
const COUNTED = { wins: "test", ties: "tie", losses: "baseline", invalid: "invalid" };

const mean = (values) => (values.length ? values.reduce((sum, value) => sum + value, 0) / values.length : NaN);

/** Of records with `counts`: their mean, times `scale`; those that count for nothing (null) are left out. */
function meanOf(items, scale = 100) {
  const counted = items.filter((item) => item.counts !== null && item.counts !== undefined);
  return { items, value: scale * mean(counted.map((item) => Number(item.counts))), n: counted.length };
}

const inCategory = (row) => (item) => row.category === "all" || item.question.category === row.category;

/** The recount of a row of this table; null where the page does not have what it was counted from. */
async function recount(file, row) {
  const by = {
    "metrics/comparisons.csv": comparison, "metrics/qualities.csv": quality, "metrics/accuracy.csv": solved,
    "metrics/preferences.csv": rewarded, "metrics/effects.csv": effect,
  };
  const found = Object.hasOwn(by, file) ? await by[file](row) : null;
  return found && found.items.length ? found : null;
}

/** The folder of a row's verdicts: a further judge has its own. */
const judgingOf = ({ experiment, judge = "judge" }) => (judge === "judge" ? experiment : `${experiment}.${judge}`);

async function comparison(row) {
  const [, field] = /^(.+)_difference$/.exec(row.metric) ?? [];
  if (field) return scoreDifference(row, field);
  const all = await itemsOf("verdicts", judgingOf(row), `${row.method}-vs-${row.baseline}`);
  const items = all.filter((item) => item.axis === row.axis && sameTemperature(item.temperature, row.temperature) && inCategory(row)(item));
  return verdictMetric(items, row.metric);
}

function verdictMetric(items, metric) {
  const counting = (rule, chosen = items) => chosen.map((item) => ({ ...item, counts: rule(item) }));
  const points = (item) => POINTS[item.verdict];
  const longer = items.filter((item) => item.test_tokens > item.baseline_tokens);
  const shorter = items.filter((item) => item.test_tokens < item.baseline_tokens);
  const [, seed] = /^win_rate_seed(.+)$/.exec(metric) ?? [];
  if (seed) return meanOf(counting(points, items.filter((item) => item.seed === seed)));
  if (Object.hasOwn(COUNTED, metric)) {
    const marked = counting((item) => Number(item.verdict === COUNTED[metric]));
    const n = metric === "invalid" ? items.length : items.filter((item) => points(item) !== null).length;
    return { items: marked, value: marked.filter((item) => item.counts).length, n };
  }
  switch (metric) {
    case "win_rate": return meanOf(counting(points));
    case "win_rate_ties_won": return meanOf(counting((item) => (points(item) === null ? null : Number(points(item) > 0))));
    case "win_rate_longer": return meanOf(counting(points, longer));
    case "win_rate_shorter": return meanOf(counting(points, shorter));
    case "win_rate_length_controlled": {
      const sides = [longer, shorter].map((side) => meanOf(counting(points, side)));
      return { items: sides.flatMap((side) => side.items), value: mean(sides.map((side) => side.value)), n: sides[0].n + sides[1].n };
    }
    default: return null;
  }
}

/** A win rate or a gain over the questions of which every seed has a value. */
async function effect(row) {
  const ways = { win_rate: () => comparison({ ...row, category: "all" }), difference: () => solved({ ...row, metric: `difference_${row.baseline}` }) };
  if (!Object.hasOwn(ways, row.metric)) return null;
  const { items } = await ways[row.metric]();
  const seeds = distinct(items.map(({ seed }) => seed)).length;
  const known = new Map();
  for (const { prompt, counts } of items) if (counts !== null) known.set(prompt, (known.get(prompt) ?? 0) + 1);
  return meanOf(items.filter(({ prompt }) => known.get(prompt) === seeds));
}

async function scoresOf(row, method) {
  const items = await itemsOf("scores", row.experiment, method);
  return items.filter((item) => sameTemperature(item.temperature, row.temperature) && inCategory(row)(item));
}

async function scoreDifference(row, field) {
  const other = new Map((await scoresOf(row, row.baseline)).map((item) => [`${item.seed} ${item.prompt}`, item[field]]));
  const items = (await scoresOf(row, row.method)).filter((item) => other.has(`${item.seed} ${item.prompt}`));
  const differ = (own, theirs) => (own === null || theirs === null || own === undefined ? null : Number(own) - Number(theirs));
  return meanOf(items.map((item) => ({ ...item, counts: differ(item[field], other.get(`${item.seed} ${item.prompt}`)) })));
}

async function quality(row) {
  const items = (await scoresOf(row, row.method)).filter((item) => row.metric in item);
  return meanOf(items.map((item) => ({ ...item, counts: item[row.metric] })), row.metric === "tokens" ? 1 : 100);
}

/** The mean reward under one vector of preferences; the parts of a soup, one for each vector, are one method. */
async function rewarded(row) {
  if (row.metric !== "reward") return null;
  const names = policies("rewards/responses", row.experiment).filter((name) => name.split(".")[0] === row.method);
  const items = (await Promise.all(names.map((name) => itemsOf("rewards/responses", row.experiment, name)))).flat();
  const vector = row.preference.split(" ").map(Number).join();
  const under = items.filter((item) => item.preference.map(Number).join() === vector && sameTemperature(item.temperature, row.temperature));
  return meanOf(under.map((item) => ({ ...item, counts: item.rewards[row.reward] })), 1);
}

/** Attempts at each question with each seed, in their order. */
async function attemptsOf(experiment, method, temperature) {
  const items = (await itemsOf("attempts", experiment, method)).filter((item) => sameTemperature(item.temperature, temperature));
  const groups = new Map();
  for (const item of items) {
    const key = `${item.seed} ${item.prompt}`;
    if (!groups.has(key)) groups.set(key, []);
    groups.get(key).push(item);
  }
  for (const group of groups.values()) group.sort((one, other) => one.attempt - other.attempt);
  return groups;
}

async function solved(row) {
  const { extractor, metric } = row;
  const k = Number(row.attempts);
  const groups = await attemptsOf(row.experiment, row.method, row.temperature);
  const of = (rule) => [...groups].map(([key, group]) => ({ ...group[0], key, counts: rule(group) }));
  const correct = (item) => item.correct[extractor];
  const any = (group) => Number(group.slice(0, k).some(correct));
  const [, share, against] = /^(\w+?)_difference_(.+)$/.exec(metric) ?? [];
  if (against) {
    const [own, theirs] = await Promise.all([row.method, against].map((method) => solved({ ...row, method, metric: share })));
    return { ...own, value: own.value - theirs.value };
  }
  const [, source] = /^accuracy_of_(.+)$/.exec(metric) ?? [];
  if (source) return meanOf(of(any).filter((item) => item.source === source));
  const [, other] = /^difference_(.+)$/.exec(metric) ?? [];
  if (other) {
    const theirs = await attemptsOf(row.experiment, other, row.temperature);
    return meanOf(of(any).filter(({ key }) => theirs.has(key)).map((item) => ({ ...item, counts: item.counts - any(theirs.get(item.key)) })));
  }
  const every = [...groups.values()].flat();
  const shareOf = (chosen, rule) => meanOf(chosen.map((item) => ({ ...item, counts: Number(rule(item)) })));
  switch (metric) {
    case "accuracy": return meanOf(of(any));
    case "pass_at_k": return meanOf(of((group) => passAtK(group.length, group.filter(correct).length, k)));
    case "maj_at_k": return meanOf(of((group) => majority(group.slice(0, k), extractor)));
    case "steps_share": return shareOf(every, (item) => item.steps);
    case "share_ended": return shareOf(every, (item) => item.finish !== "length");
    case "accuracy_given_steps": return shareOf(every.filter((item) => item.steps), correct);
    case "accuracy_given_concise": return shareOf(every.filter((item) => !item.steps), correct);
    default: return null;
  }
}

/** The chance that k of n attempts, of which c are correct, hold a correct one: 1 - C(n-c, k) / C(n, k). */
function passAtK(n, c, k) {
  let none = 1;
  for (let i = n - c + 1; i <= n; i += 1) none *= Math.max(0, 1 - k / i);
  return 1 - none;
}

/** Whether the commonest answer is correct; a draw goes to the one that came first, and no answer is no vote. */
function majority(group, extractor) {
  const votes = new Map();
  for (const { answers } of group) {
    const answer = answers[extractor];
    if (answer !== null) votes.set(answer, (votes.get(answer) ?? 0) + 1);
  }
  const most = Math.max(0, ...votes.values());
  const [answer] = [...votes].find(([, number]) => number === most) ?? [];
  return Number(answer !== undefined && group.find((item) => item.answers[extractor] === answer).correct[extractor]);
}
