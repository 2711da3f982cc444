/**
 * The page's words in the reader's language: English in the sources, others from plain catalogues in `locales/`.
 *
 * A catalogue maps English to another language; what it lacks stays English. Places for values are in braces:
 * `say("Zoom: {percent} percent", { percent: 80 })`. The language is the browser's, or what `?lang=` says.
 */

const CATALOGUES = new Map([["zh", () => import("./locales/zh.js")]]);

/** The language of the page: "en", or one that has a catalogue. @returns {string} */
export const language = wanted();
const words = new Map(Object.entries((await CATALOGUES.get(language)?.())?.default ?? {}));

function wanted() {
  const asked = new URLSearchParams(globalThis.location?.search ?? "").get("lang");
  const liked = asked !== null ? [asked] : globalThis.location === undefined ? [] : navigator.languages;
  for (const tag of liked) {
    const name = tag.toLowerCase().split("-")[0];
    if (name === "en" || CATALOGUES.has(name)) return name;
  }
  return "en";
}

/**
 * A sentence in the page's language.
 * @param {string} english
 * @param {Record<string, string|number>} [values] for the places in braces
 * @returns {string}
 */
export function say(english, values = {}) {
  const text = words.get(english) ?? english;
  return text.replace(/\{(\w+)\}/g, (place, name) => (Object.hasOwn(values, name) ? String(values[name]) : place));
}

/**
 * A number of things: "1 stroke", "3 strokes". A catalogue knows the form of many alone.
 * @param {number} count
 * @param {string} one with {n}
 * @param {string} many with {n}
 * @returns {string}
 */
export function counted(count, one, many) {
  return say(count === 1 && !words.has(many) ? one : many, { n: count });
}

/** Names of the colours of the palette, in English. */
export const COLOUR_NAMES = [ // say
  "Ink", "Grey", "Light grey", "White", "Red", "Orange", "Yellow", "Green",
  "Teal", "Blue", "Indigo", "Violet", "Crimson", "Brown", "Pink", "Sky",
];

const ATTRIBUTES = ["aria-label", "title", "placeholder"];

/** Put the words of a part of the page into its language. @param {Element} root */
export function translate(root) {
  if (words.size === 0) return;
  for (const element of [root, ...root.querySelectorAll("*")]) {
    for (const name of ATTRIBUTES) {
      const text = element.getAttribute(name);
      if (text !== null) element.setAttribute(name, say(text));
    }
    for (const node of element.childNodes) {
      const text = node.nodeType === Node.TEXT_NODE ? node.data.trim() : "";
      if (words.has(text)) node.data = node.data.replace(text, () => words.get(text));
    }
  }
}
