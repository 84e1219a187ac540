// node mermaid_draw.mjs SOURCES.json CHROMIUM PACKAGE... : draws {"name": "source", ...} with every package in one browser.
// As JSON: {package: {name: {svg, texts, error}}, scripts, requests}: what ran and what was asked of the network.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import puppeteer from 'puppeteer-core';

const [file, executablePath, ...packages] = process.argv.slice(2);
const sources = JSON.parse(fs.readFileSync(file, 'utf8'));
const userDataDir = fs.mkdtempSync(path.join(os.tmpdir(), 'draw-'));
const quiet = ['background-networking', 'component-update', 'sync', 'gpu', 'dev-shm-usage'].map(name => `--disable-${name}`);
const browser = await puppeteer.launch({executablePath, userDataDir, headless: true, args: ['--no-sandbox', ...quiet]});
const drawn = {scripts: 0, requests: []};
try {
  for (const name of packages) {
    const page = await browser.newPage();
    await page.setContent('<!doctype html><body><div id="figure"></div></body>');
    await page.addScriptTag({path: path.join(import.meta.dirname, 'node_modules', name, 'dist/mermaid.min.js')});
    page.on('request', request => request.url().startsWith('data:') || drawn.requests.push(request.url()));
    page.on('dialog', dialog => { drawn.scripts++; dialog.dismiss(); });
    drawn[name] = await page.evaluate(async sources => {
      mermaid.initialize({startOnLoad: false, securityLevel: 'strict', suppressErrorRendering: true});
      const found = {};
      for (const [name, source] of Object.entries(sources)) {
        try {
          const {svg} = await mermaid.render(`figure${Object.keys(found).length}`, source);
          const figure = document.getElementById('figure');
          figure.innerHTML = svg;
          const lines = element => [...element.querySelectorAll('tspan')].map(line => line.textContent).join('') || element.textContent;
          found[name] = {svg, texts: [...figure.querySelectorAll('text, svg > title, svg > desc')].map(lines)};
        } catch (error) {
          found[name] = {error: String(error.message || error).slice(0, 300)};
        }
      }
      return found;
    }, sources);
    drawn.scripts += await page.evaluate(() => window.PWNED ? 1 : 0);
    await page.close();
  }
} finally {
  await browser.close();
  fs.rmSync(userDataDir, {recursive: true, force: true});
}
console.log(JSON.stringify(drawn));
