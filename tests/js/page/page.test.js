import assert from "node:assert/strict";
import { readFileSync, readdirSync, existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const STATIC = resolve(dirname(fileURLToPath(import.meta.url)), "../../../edgeboard/web/static");
const read = (name) => readFileSync(join(STATIC, name), "utf8");
const html = read("index.html");
const css = read("style.css");

/** Every module that the page loads, with what it imports. */
function modules() {
  const found = new Map();
  const open = ["main.js"];
  while (open.length > 0) {
    const name = open.pop();
    if (found.has(name)) continue;
    const source = read(name);
    found.set(name, source);
    for (const [, path] of source.matchAll(/(?:from|import)\s+"([^"]+)"/g)) {
      assert.match(path, /^\.{1,2}\//, `${name} imports ${path}`);
      open.push(join(dirname(name), path));
    }
  }
  return found;
}

test("the page obeys its content security policy: nothing inline", () => {
  assert.doesNotMatch(html, /\sstyle\s*=/i);
  assert.doesNotMatch(html, /\son[a-z]+\s*=/i);
  assert.doesNotMatch(html, /<style/i);
  for (const [, attributes, body] of html.matchAll(/<script([^>]*)>([^<]*)<\/script>/g)) {
    assert.match(attributes, /src="\/static\//);
    assert.equal(body, "");
  }
});

test("nothing comes from another host", () => {
  for (const text of [html, css, ...modules().values()]) {
    const urls = [...text.matchAll(/\b(?:https?|wss?):\/\/[^\s"'`)]+/g)].map(([url]) => url);
    const outside = urls.filter((url) => !url.startsWith("http://www.w3.org/"));
    assert.deepEqual(outside.filter((url) => /(?:src|href|import|fetch|url\()/.test(url)), []);
    assert.doesNotMatch(text, /(?:src|href)="(?:https?:)?\/\//);
    assert.doesNotMatch(text, /@import|url\(["']?(?:https?:)?\/\//);
  }
});

test("whatever the page names is there", () => {
  const named = [...html.matchAll(/(?:src|href)="\/static\/([^"]+)"/g)].map(([, path]) => path);
  const drawn = [...css.matchAll(/url\("([^"]+)"\)/g)].map(([, path]) => path);
  const icons = JSON.parse(read("manifest.webmanifest")).icons.map(({ src }) => src.replace("/static/", ""));
  for (const path of [...named, ...drawn, ...icons]) assert.ok(existsSync(join(STATIC, path)), path);
  assert.ok(modules().size > 30);
});

test("elements that modules look for are in the page, once", () => {
  const ids = [...html.matchAll(/\sid="([^"]+)"/g)].map(([, id]) => id);
  assert.deepEqual(ids, [...new Set(ids)]);
  for (const name of ["ui.js", "main.js", "toasts.js", "cards.js", "toolbar.js", "editor.js"]) {
    const wanted = [...read(name).matchAll(/(?:find|press|setText|getElementById)\("([^"]+)"/g)].map(([, id]) => id);
    for (const id of wanted) assert.ok(ids.includes(id), `${name} looks for ${id}`);
  }
  for (const [, icon] of html.matchAll(/href="#([^"]+)"/g)) assert.ok(ids.includes(icon), icon);
  for (const [, card] of html.matchAll(/aria-controls="([^"]+)"/g)) assert.ok(ids.includes(card), card);
});

test("every button has a name", () => {
  for (const [, attributes, body] of html.matchAll(/<button([^>]*)>([\s\S]*?)<\/button>/g)) {
    const words = body.replace(/<[^>]*>/g, "").trim();
    const isNamedLater = /id="(?:link-refused|badge)"/.test(attributes);
    assert.ok(words !== "" || /aria-label="/.test(attributes) || isNamedLater, attributes);
    assert.match(attributes, /type="(?:button|submit)"/);
  }
});

test("words of others never become markup, and code never comes from text", () => {
  for (const [name, source] of modules()) {
    if (name.startsWith("vendor")) continue;
    const code = source.replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, "");
    assert.doesNotMatch(code, /innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function/, name);
    assert.doesNotMatch(code, /crypto\.subtle|serviceWorker/, `${name}: not there on plain HTTP`);
  }
});

test("a module says what it is for, and is not too long", () => {
  for (const name of readdirSync(STATIC).filter((each) => each.endsWith(".js"))) {
    const source = read(name);
    assert.ok(source.startsWith("/**"), name);
    assert.ok(source.split("\n").length <= 450, name);
  }
});

test("every module is fetched at once, none that is not needed", () => {
  const preloaded = [...html.matchAll(/<link rel="modulepreload" href="\/static\/([^"]+)">/g)].map(([, path]) => path);
  const needed = [...modules().keys()].filter((name) => name !== "main.js");
  assert.deepEqual(preloaded.sort(), needed.sort());
});
