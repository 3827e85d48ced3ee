// Courses of trainings, drawn, with the step whose checkpoint was kept.

const WIDTH = 640;
const HEIGHT = 220;
const EDGE = { left: 64, right: 12, top: 12, bottom: 34 };

async function trainingView(...words) {
  const curves = (await part("curves")) ?? {};
  const names = Object.keys(curves);
  if (!names.length) return [el("h1", {}, "Training"), el("p", {}, "This run has no courses of trainings.")];
  const runs = distinct(names.map((name) => name.replace(/\/seed[^/]*$/, "")));
  const asked = words.join("/").replace(/\/seed[^/]*$/, "");
  const chosen = runs.includes(asked) ? asked : runs[0];
  const of = names.filter((name) => name === chosen || name.startsWith(`${chosen}/seed`)).map((name) => [name.slice(chosen.length + 1) || "one run", curves[name]]);
  const metrics = distinct(of.flatMap(([, curve]) => Object.keys(curve.metrics)));
  return [
    el("h1", {}, "Training"),
    el("div", { class: "choices" }, choice("Training", runs, chosen, (value) => go(to("training", value)))),
    el("p", {}, of.map(([seed, { selected }]) => (selected === null ? `${seed}: no checkpoint is marked as kept` : `${seed}: the checkpoint of step ${selected} was kept`)).join("; "), ". A dot marks it."),
    el("ul", { class: "legend" }, ...of.map(([seed], at) => el("li", {}, el("span", { class: `swatch line${at % 6}` }), seed))),
    el("div", { class: "charts" }, ...metrics.map((metric) => chart(metric, of))),
    section("Values", dataTable({
      caption: `Every value of ${chosen}`, columns: ["seed", "step", "metric", "value"],
      rows: of.flatMap(([seed, curve]) => Object.entries(curve.metrics).flatMap(([metric, points]) => points.map(([step, value]) => [seed, step, metric, value]))),
    })),
  ];
}

function chart(metric, of) {
  const finite = of.map(([seed, curve]) => [seed, (curve.metrics[metric] ?? []).filter(([, value]) => Number.isFinite(value)), curve.selected]);
  const points = finite.flatMap(([, own]) => own);
  if (!points.length) return el("figure", {}, el("figcaption", {}, `${metric}: no finite value`));
  const x = scale(points.map(([step]) => step), EDGE.left, WIDTH - EDGE.right);
  const y = scale(points.map(([, value]) => value), HEIGHT - EDGE.bottom, EDGE.top);
  const told = finite.filter(([, own]) => own.length).map(([seed, own]) => `${seed} from ${own[0][1]} to ${own.at(-1)[1]}`).join("; ");
  return el("figure", {}, el("figcaption", {}, metric),
    svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": `${metric} by step: ${told}` },
      ...y.ticks.map((value) => svg("g", {}, svg("line", { class: "grid", x1: EDGE.left, x2: WIDTH - EDGE.right, y1: y(value), y2: y(value) }),
        svg("text", { class: "tick", x: EDGE.left - 8, y: y(value) + 4, "text-anchor": "end" }, short(value)))),
      ...distinct(x.ticks.map(Math.round)).map((value) => svg("text", { class: "tick", x: x(value), y: HEIGHT - EDGE.bottom + 18, "text-anchor": "middle" }, value)),
      ...finite.flatMap(([, own, selected], at) => [
        svg("polyline", { class: `line line${at % 6}`, points: own.map(([step, value]) => `${x(step)},${y(value)}`).join(" ") }),
        ...own.filter(([step]) => step === selected || own.length === 1).map(([step, value]) => svg("circle", { class: `dot line${at % 6}`, cx: x(step), cy: y(value), r: 5 })),
      ])));
}

/** A linear map from the range of the values, with its ticks. */
function scale(values, from, until) {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const span = high - low || Math.abs(high) || 1;
  const map = (value) => from + (high === low ? 0.5 : (value - low) / span) * (until - from);
  map.ticks = high === low ? [low] : [0, 1, 2, 3, 4].map((part) => low + (span * part) / 4);
  return map;
}

const short = (value) => String(Number(value.toPrecision(3)));
