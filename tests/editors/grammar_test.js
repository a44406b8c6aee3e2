// The TextMate grammar: its words are those of the statement table, its scopes those that
// highlight.mig asserts, and examples look as they did.
//   node tests/editors/grammar_test.js build/mig FOLDER [--update]
// FOLDER has node_modules, and is where the snapshots are compared.
"use strict";

const fs = require("node:fs");
const path = require("node:path");
const { spawnSync } = require("node:child_process");
const { assert, test, done } = require("./check.js");

const ROOT = path.resolve(__dirname, "../..");
const MIG = path.resolve(process.argv[2]);
const FOLDER = path.resolve(process.argv[3]);
const GRAMMAR = path.join(ROOT, "grammar/mig.tmLanguage.json");
const MANIFEST = path.join(ROOT, "grammar/vscode/package.json");
const isUpdate = process.argv[4] === "--update";

function run(tool, ...parameters) {
  const program = path.join(FOLDER, "node_modules/.bin", tool);
  const left = spawnSync(program, parameters, { encoding: "utf8" });
  assert.equal(left.status, 0, left.stdout + left.stderr);
}

// The words of the first alternatives in each pattern that has them.
function wordsOf(rule) {
  return rule.patterns.flatMap((one) => {
    const found = one.match.match(/\(((?:[a-z_]+\|)+[a-z_]+|[a-z_]+)\)/);
    return found ? found[1].split("|") : [];
  });
}

async function main() {
  const grammar = JSON.parse(fs.readFileSync(GRAMMAR, "utf8"));
  const table = spawnSync(MIG, ["dump", "words"], { encoding: "utf8" }).stdout.trim().split("\n").map(JSON.parse);

  await test("the words of the grammar are those of the statement table", () => {
    const known = new Set([...wordsOf(grammar.repository.declarations), ...wordsOf(grammar.repository.statements)]);
    const wanted = new Set(table.map((row) => row.word));
    assert.ok(wanted.size > 50);
    assert.deepEqual([...known].sort(), [...wanted].sort());
  });
  await test("so are the words of blocks", () => {
    const wanted = new Set(table.flatMap((row) => row.attributes));
    assert.ok(wanted.size > 50);
    assert.deepEqual(wordsOf(grammar.repository.attributes).sort(), [...wanted].sort());
  });
  await test("every rule is used, and every rule that is used exists", () => {
    const used = grammar.patterns.map((one) => one.include.slice(1));
    assert.deepEqual(used.sort(), Object.keys(grammar.repository).sort());
  });
  await test("words, names and values are coloured as what they are", () =>
    run("vscode-tmgrammar-test", "--grammar", GRAMMAR, path.join(__dirname, "highlight.mig")));

  for (const example of ["02_users_split/plan.mig", "strategies/canary.mig", "strategies/strangler_fig.mig"]) {
    await test(`examples/${example} looks as it did`, () => {
      const name = example.replace("/", "_");
      const copy = path.join(FOLDER, name);
      const kept = path.join(__dirname, "snapshots", `${name}.snap`);
      fs.copyFileSync(path.join(ROOT, "examples", example), copy);
      fs.rmSync(`${copy}.snap`, { force: true });
      if (!isUpdate) fs.copyFileSync(kept, `${copy}.snap`);
      run("vscode-tmgrammar-snap", "--config", MANIFEST, ...(isUpdate ? ["--updateSnapshot"] : []), copy);
      if (isUpdate) fs.copyFileSync(`${copy}.snap`, kept);
    });
  }
  await test("the extension names files that are there, and the grammar among them", () => {
    const folder = path.dirname(MANIFEST);
    const manifest = JSON.parse(fs.readFileSync(MANIFEST, "utf8"));
    const [language] = manifest.contributes.languages;
    const [colours] = manifest.contributes.grammars;
    JSON.parse(fs.readFileSync(path.join(folder, language.configuration), "utf8"));
    assert.equal(colours.language, language.id);
    assert.equal(colours.scopeName, grammar.scopeName);
    assert.equal(fs.realpathSync(path.join(folder, colours.path)), GRAMMAR);
    assert.equal(spawnSync(process.execPath, ["--check", path.join(folder, manifest.main)]).status, 0);
  });
  done();
}

main();
