/**
 * Small parts that the chrome is made of. Text goes in as text, styles through the CSSOM: the content security policy
 * allows neither markup from strings nor style attributes.
 */

import { cssColour } from "./ink.js";
import { say } from "./locale.js";
import { initials } from "./person.js";

const SVG = "http://www.w3.org/2000/svg";

/** The element of index.html with this id. @param {string} id @returns {HTMLElement} */
export const find = (id) => document.getElementById(id);

/** @param {string} tag @param {string} [className] @param {string} [text] @returns {HTMLElement} */
export function make(tag, className, text) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text !== undefined) element.textContent = text;
  return element;
}

/** An icon of the sprite in index.html. @param {string} name @returns {SVGElement} */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `#i-${name}`);
  svg.append(use);
  return svg;
}

/** A disc that stands for a person. @param {string} name @param {number} colour @returns {HTMLElement} */
export function avatar(name, colour) {
  const element = make("span", "avatar", initials(name));
  element.style.setProperty("--person", cssColour(colour));
  element.setAttribute("aria-hidden", "true");
  return element;
}

/** Show another icon. @param {HTMLElement} button @param {string} name */
export function setIcon(button, name) {
  button.querySelector("use").setAttribute("href", `#i-${name}`);
}

/** A group of buttons of which one is chosen; arrow keys move in it. */
export class Choices {
  #buttons;
  #onChoose;

  constructor(buttons, onChoose) {
    this.#buttons = buttons;
    this.#onChoose = onChoose;
    buttons.forEach((button, at) => {
      button.addEventListener("click", () => onChoose(at));
      button.addEventListener("keydown", (event) => this.#key(event, at));
    });
  }

  show(chosen) {
    this.#buttons.forEach((button, at) => {
      button.setAttribute("aria-checked", String(at === chosen));
      button.tabIndex = at === chosen || (chosen < 0 && at === 0) ? 0 : -1;
    });
  }

  #key(event, at) {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    const count = this.#buttons.length;
    let next = at;
    do next = (next + step + count) % count;
    while (next !== at && this.#buttons[next].offsetParent === null); // not shown
    this.#onChoose(next);
    this.#buttons[next].focus();
  }
}

/** A button of one colour, put at the end of `parent`. @returns {HTMLElement} */
export function swatch(parent, css, name) {
  const button = make("button", "colour");
  button.type = "button";
  button.setAttribute("role", "radio");
  button.setAttribute("aria-label", name);
  button.title = name;
  const dot = make("i");
  dot.style.setProperty("--swatch", css);
  button.append(dot);
  parent.append(button);
  return button;
}

/** px on screen for the widths of ink. */
export const DOTS = [4, 7, 10, 14, 19];

/** A button of one width, put at the end of `parent`. @returns {HTMLElement} */
export function widthButton(parent, at, all) {
  const button = make("button", "width");
  button.type = "button";
  button.setAttribute("role", "radio");
  button.setAttribute("aria-label", say("Width {at} of {all}", { at: at + 1, all }));
  const dot = make("i");
  dot.style.setProperty("--dot", `${DOTS[at]}px`);
  button.append(dot);
  parent.append(button);
  return button;
}

/** Change a text only if it is another: screen readers speak what changes. @param {string} id @param {string} text */
export function setText(id, text) {
  const element = find(id);
  if (element.textContent !== text) element.textContent = text;
}

