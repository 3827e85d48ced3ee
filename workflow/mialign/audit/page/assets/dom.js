// Elements are made here and nowhere else. Data become text nodes; no text is ever read as HTML, and a link leads to
// a place in this page.

// Characters that are not seen, or that turn the writing round: each is shown by its number.
const UNSEEN =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\ufff9-\ufffb\ud800-\udfff\u{e0000}-\u{e007f}]/gu;
const SVG = "http://www.w3.org/2000/svg";

function el(tag, attributes = {}, ...children) {
  return filled(document.createElement(tag), attributes, children);
}

function svg(tag, attributes = {}, ...children) {
  return filled(document.createElementNS(SVG, tag), attributes, children);
}

function filled(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "href" && !String(value).startsWith("#/")) throw new Error("a link leads to a place in this page");
    if (typeof value === "function") element.addEventListener(name, value);
    else if (value !== null && value !== false) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null).map(asNode));
  return element;
}

function asNode(child) {
  return child instanceof Node ? child : plain(String(child));
}

/** The text with its unseen characters visible. */
function plain(text) {
  const found = document.createDocumentFragment();
  let from = 0;
  for (const match of text.matchAll(UNSEEN)) {
    found.append(text.slice(from, match.index));
    const mark = document.createElement("span");
    mark.className = "unseen";
    mark.textContent = `U+${match[0].codePointAt(0).toString(16).toUpperCase().padStart(4, "0")}`;
    found.append(mark);
    from = match.index + match[0].length;
  }
  found.append(text.slice(from));
  return found;
}

const LONG = 3000;

/** What a model or a person wrote: its own lines, its own direction; a long text at first in part. */
function written(text) {
  if (text === null || text === undefined) return el("p", { class: "quiet" }, "This text is not in the page: it is one of those that there was no room for. The file has it.");
  if (text === "") return el("p", { class: "quiet" }, "(empty)");
  const box = el("div", { class: "written", dir: "auto" }, text.slice(0, LONG));
  if (text.length <= LONG) return box;
  const more = el("button", { type: "button", click: () => { box.replaceChildren(plain(text)); more.remove(); } },
    `Show all ${text.length.toLocaleString("en")} characters`);
  return el("div", {}, box, more);
}

const link = (target, ...children) => el("a", { href: target }, ...children);

/** The address of a view in this page. */
const to = (...words) => `#/${words.map((word) => encodeURIComponent(wellFormed(String(word)))).join("/")}`;

// encodeURIComponent refuses half of a pair of surrogates.
const wellFormed = (text) => text.replace(/[\ud800-\udfff]/gu, "\ufffd");

/** A labelled choice; `change` gets the value chosen. */
function choice(label, values, chosen, change) {
  const options = values.map((value) => {
    const [key, text] = Array.isArray(value) ? value : [value, value];
    return el("option", { value: key, selected: String(key) === String(chosen) }, text);
  });
  return el("label", {}, label, el("select", { change: (event) => change(event.target.value) }, ...options));
}

/** Terms and what is said of them; those without anything are left out. */
function facts(pairs) {
  const shown = Object.entries(pairs).filter(([, value]) => value !== null && value !== undefined && value !== "");
  return el("dl", { class: "facts" }, ...shown.map(([term, value]) => el("div", {}, el("dt", {}, term), el("dd", {}, value))));
}

const words = (value) => (value === true ? "yes" : value === false ? "no" : value === null || value === undefined ? "none" : typeof value === "object" ? JSON.stringify(value) : String(value));

const section = (title, ...children) => el("section", {}, el("h2", {}, title), ...children);

const count = (number) => Number(number).toLocaleString("en");
const many = (number, what) => `${count(number)} ${what}${number === 1 ? "" : "s"}`;
