// Tables: sorted by a click on a column's head, filtered by words, drawn a page at a time.

const PAGE = 100;
const isNumber = (text) => text !== "" && text !== null && !Number.isNaN(Number(text));

/**
 * caption: text. columns: names. rows: lists of texts or nodes. open(row, place): address that the row leads to, or
 * null. opens: the column whose cell is the link. filter: whether there is a field for words to filter by.
 */
function dataTable({ caption, columns, rows, open = () => null, opens = 0, filter = rows.length > 12 }) {
  const state = { shown: PAGE, words: [], by: null, down: false };
  const places = rows.map((_, place) => place);
  const texts = rows.map((row) => row.map((cell) => (cell instanceof Node ? cell.textContent : String(cell ?? ""))));
  const numeric = columns.map((_, at) => texts.some((row) => row[at] !== "") && texts.every((row) => row[at] === "" || isNumber(row[at])));
  const body = el("tbody");
  const note = el("p", { class: "quiet", role: "status" });
  const more = el("button", { type: "button", click: () => { state.shown += 10 * PAGE; draw(); } }, "Show more rows");

  const heads = columns.map((name, at) =>
    el("th", { scope: "col", class: numeric[at] ? "number" : null },
      el("button", { type: "button", click: () => sort(at) }, name || "(no name)")));

  function sort(at) {
    state.down = state.by === at && !state.down;
    state.by = at;
    heads.forEach((head, one) => {
      if (one === at) head.setAttribute("aria-sort", state.down ? "descending" : "ascending");
      else head.removeAttribute("aria-sort");
    });
    draw();
  }

  function compare(one, other) {
    const [left, right] = [texts[one][state.by], texts[other][state.by]];
    const order = numeric[state.by] ? Number(left) - Number(right) : left.localeCompare(right, "en", { numeric: true });
    return (state.down ? -order : order) || one - other;
  }

  function draw() {
    const matching = places.filter((place) => state.words.every((word) => texts[place].some((cell) => cell.toLowerCase().includes(word))));
    if (state.by !== null) matching.sort(compare);
    const shown = matching.slice(0, state.shown);
    body.replaceChildren(...shown.map(drawRow));
    more.hidden = shown.length === matching.length;
    note.textContent = matching.length === rows.length && more.hidden
      ? "" : `${count(shown.length)} of ${count(matching.length)} rows shown${matching.length < rows.length ? `; ${count(rows.length)} in all` : ""}.`;
  }

  function drawRow(place) {
    const target = open(rows[place], place);
    return el("tr", {}, ...rows[place].map((cell, at) => {
      const content = cell instanceof Node ? cell : shortened(texts[place][at]);
      return el("td", { class: numeric[at] ? "number" : null, dir: numeric[at] ? null : "auto" },
        target && at === opens ? link(target, content) : content);
    }));
  }

  draw();
  const field = filter
    ? el("label", { class: "filter" }, "Filter rows by words",
        el("input", { type: "search", input: (event) => { state.words = event.target.value.toLowerCase().split(/\s+/).filter(Boolean); state.shown = PAGE; draw(); } }))
    : null;
  return el("div", { class: "table" }, field,
    el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": caption },
      el("table", {}, el("caption", {}, caption), el("thead", {}, el("tr", {}, ...heads)), body)),
    note, more);
}

const CELL = 400;
const shortened = (text) => (text.length > CELL ? `${text.slice(0, CELL)} … (${count(text.length)} characters)` : text);
