// node mermaid_parse.mjs SOURCES.json PACKAGE : of {"name": "source", ...}, names what `mermaid.parse` refuses, as JSON.
import fs from 'node:fs';
import {JSDOM} from 'jsdom';

const {window} = new JSDOM('<!doctype html><body></body>');
window.CSS = {supports: () => true};
const {document, CSS, Option, Element, Node} = window;
Object.assign(globalThis, {window, document, CSS, Option, Element, Node});
const mermaid = (await import(`./node_modules/${process.argv[3]}/dist/mermaid.core.mjs`)).default;
const refused = {};
for (const [name, source] of Object.entries(JSON.parse(fs.readFileSync(process.argv[2], 'utf8')))) {
  try {
    await mermaid.parse(source);
  } catch (error) {
    refused[name] = String(error.message || error).slice(0, 300);
  }
}
console.log(JSON.stringify(refused));
