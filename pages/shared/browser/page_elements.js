// Elements of the page and numbers as text. Values that have not changed are not written to the page.

function element(parent, tag, className) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  parent.append(made);
  return made;
}

function button(parent, className, label, onclick) {
  const made = element(parent, "button", className);
  Object.assign(made, { type: "button", textContent: label, onclick });
  return made;
}

function svg(parent, tag, attributes) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  parent.append(made);
  return made;
}

const text = (box, words) => box.textContent !== words && (box.textContent = words);
const attribute = (box, name, value) => box.getAttribute(name) !== value && box.setAttribute(name, value);

// An image that cannot be read has no source: only its text is shown.
function show(image, source, words) {
  if (source) attribute(image, "src", source);
  else image.removeAttribute("src");
  attribute(image, "alt", words);
}

// ▲ for a lower rank, ▼ for a higher one, "" for none.
const arrow = (change) => (change > 0 ? "▲" : change < 0 ? "▼" : "");

function signed(number) {
  const text = written(Math.abs(number));
  return `${Number(text) === 0 ? "±" : number > 0 ? "+" : "−"}${text}`;
}

// Counts and ranks as all pages write them: 12,345.
const COUNT = new Intl.NumberFormat("en-GB");
const counted = (number) => COUNT.format(number);

// Three digits as the command line writes them: Python rounds a half to the even digit, toFixed up. Halves of a
// thousandth are odd sixteenths, as 19 of 304 articles.
function written(number) {
  const sixteenths = Math.round(number * 16);
  if (sixteenths % 2 === 0 || Math.abs(number * 16 - sixteenths) > 1e-7) return number.toFixed(3);
  const below = Math.floor(sixteenths * 62.5);
  return ((below + (below % 2)) / 1000).toFixed(3);
}
