// The language server as an editor uses it.  node tests/editors/lsp_test.js build/mig
"use strict";

const fs = require("node:fs");
const path = require("node:path");
const { spawnSync } = require("node:child_process");
const { Editor, MIG, ROOT, positionOf, textIn, edited } = require("./client.js");
const { STORES, SHAPES, PLAN, WHOLE } = require("./plans.js");
const { assert, test, has, has_none, refused, done } = require("./check.js");

const everywhere = { start: { line: 0, character: 0 }, end: { line: 10_000, character: 0 } };

function files(folder) {
  return fs.readdirSync(path.join(ROOT, folder), { recursive: false, withFileTypes: true }).flatMap((entry) => {
    const name = path.join(folder, entry.name);
    return entry.isDirectory() ? (entry.name === "work" ? [] : files(name)) : name.endsWith(".mig") ? [name] : [];
  });
}

async function diagnostics(editor) {
  await test("every example and every strategy of the library is free of errors", async () => {
    const plans = [...files("examples"), ...files("stdlib")];
    assert.ok(plans.length >= 25);
    for (const name of plans) {
      const file = path.join(ROOT, name);
      const found = await editor.open(file, fs.readFileSync(file, "utf8"));
      // What `mig check` warns of, an editor shows as well, and nothing else.
      const check = spawnSync(MIG, ["check", "--json", file], { encoding: "utf8" });
      const warned = check.stdout.split("\n").filter((line) => line.includes('"code"'));
      assert.deepEqual(found.filter((one) => one.severity === 1), [], name);
      assert.equal(found.length, warned.length, name);
      await editor.close(file);
    }
  });

  await test("a mistake is told with its code, place, help and cause, and taken back", async () => {
    const wrong = WHOLE.replace("require same }", "require smae }");
    const found = await editor.open("a.mig", wrong);
    assert.equal(found[0].code, "M1001");
    assert.equal(found[0].severity, 1);
    assert.equal(found[0].source, "mig");
    assert.equal(textIn(wrong, found[0].range), "smae");
    assert.match(found[0].message, /^there is no gate `smae`\n.*did you mean `same`\?/s);
    assert.deepEqual(await editor.change("a.mig", WHOLE), []);
    const twice = await editor.change("a.mig", WHOLE.replace("phase still ", "phase expand"));
    assert.equal(twice[0].code, "M1002");
    assert.equal(textIn(WHOLE, twice[0].relatedInformation[0].location.range), "expand");
    await editor.close("a.mig");
    assert.deepEqual(await editor.news("a.mig"), []);
  });

  await test("a plan that loses writes is told with the run that shows it", async () => {
    const explained = fs.readFileSync(path.join(ROOT, "compiler/diagnostics/explanations/M4003.md"), "utf8");
    const wrong = explained.match(/```\n(.*?)```/s)[1];
    const found = (await editor.open("loses.mig", wrong)).find((one) => one.code === "M4003");
    assert.match(found.message, /shortest run that breaks it:\n/);
    const steps = found.relatedInformation.filter((one) => one.message.startsWith("step "));
    assert.ok(steps.length >= 2);
    for (const step of steps) assert.match(step.message, /^step \d+: (mig|undo)/);
    await editor.close("loses.mig");
  });

  await test("changes of ranges are counted as the editor counts, in UTF-16", async () => {
    const text = `mig 1\n# 🦆 ducks\nparam a: rows = 1 rows # 🦆\nparam b: rows = 2min\n`;
    const first = await editor.open("duck.mig", text);
    assert.equal(textIn(text, first[0].range), "2min");
    const start = positionOf(text, text.indexOf("ducks"));
    assert.equal(start.character, 5);
    const renamed = [{ range: { start, end: { line: 1, character: 10 } }, text: "geese" }];
    const still = await editor.changes("duck.mig", renamed);
    assert.equal(still[0].code, first[0].code);
    const last = positionOf(text, text.indexOf("2min"));
    const unit = { start: last, end: { line: last.line, character: last.character + 4 } };
    assert.deepEqual(await editor.changes("duck.mig", [{ range: unit, text: "2 rows" }]), []);
    await editor.close("duck.mig");
  });

  await test("a file that imports another is compiled again when that one changes", async () => {
    const gates = `${STORES}\nentity User { key id: i64; email: text }\ndataset users: User in shop { table = "u" }\n`;
    const gate = 'gate slo { require drift(users) == 0 rows; no_data = fail }\n';
    editor.write("lib/gates.mig", gates + gate);
    const uses = 'mig 1\nuse "lib/gates.mig" (slo)\n';
    assert.deepEqual(await editor.open("uses.mig", uses), []);
    await editor.open("lib/gates.mig", gates + gate);
    await editor.change("lib/gates.mig", gates + gate.replace("slo", "fast"));
    const found = await editor.news("uses.mig", 1);
    const told = found.length > 0 ? found : await new Promise((resolve) => {
      editor.waiting.push((params) => params.uri === editor.uri("uses.mig") && (resolve(params.diagnostics), true));
    });
    assert.equal(textIn(uses, told[0].range), "slo");
    await editor.close("lib/gates.mig");
    await editor.close("uses.mig");
  });
}

async function hovers(editor) {
  await editor.open("h.mig", WHOLE);
  const hover = (at) => editor.hover("h.mig", WHOLE, at);
  await test("hover says what a name is", async () => {
    assert.match(await hover("from us|ers"), /dataset users:  User in shop/);
    assert.match(await hover("in us|ers".replace("in", "from")), /table = "users"/);
    assert.match(await hover("users:  Us|er in"), /entity User .*full_name: text.*A customer as it was\./s);
    assert.match(await hover("u.full_|name"), /full_name: text.*in `entity User`/s);
    assert.match(await hover("trim(u|.full_name)"), /u: User.*of `carry`/s);
    assert.match(await hover("via ca|rry"), /transform carry\(u: User\) -> Person/);
    assert.match(await hover("require sa|me"), /require drift\(users\) == 0 rows/);
    assert.match(await hover("{ na|p = 2h }"), /`prod`: `2h`/);
    assert.match(await hover("snapshot ol|d"), /`old` is.*dataset users/s);
    assert.match(await hover("name = tr|im"), /`trim` of `std.text`/);
    assert.match(await hover("dri|ft(users)"), /a count of rows/);
  });
  await test("hover spells a value as it is counted", async () => {
    assert.match(await hover("= 9|0m in"), /`1h30m`, a duration/);
  });
  await test("hover explains a statement and what its block may say", async () => {
    assert.match(await hover("ver|ify old"), /compares both sides.*`rows`, `repair`, `max_delete`/s);
    assert.match(await hover("rep|air = from"), /`repair` of `verify`/);
  });
  await test("hover over a phase or a step says what holds before and after it", async () => {
    const still = await hover("phase sti|ll");
    assert.match(still, /\*\*Before:\*\* Writes go to `old`; `old` answers all reads\./);
    assert.match(still, /\*\*After:\*\* Nobody may write;/);
    assert.match(await hover("snap|shot old"), /Before.*Nothing is copied yet.*After.*complete since/s);
    assert.match(await hover("phase com|pare"), /After.*`require same` has proved it to be the same/s);
    assert.match(await hover("phase ov|er"), /After.*Writes go to `new`; `new` answers all reads.*no way back/s);
  });
  await test("hover over a use of a strategy says what holds around all its steps", async () => {
    const file = path.join(ROOT, "examples/strategies/canary.mig");
    const text = fs.readFileSync(file, "utf8");
    await editor.open(file, text);
    const use = text.match(/\{ (canary reads)/) ?? text.match(/\n\s*(canary reads)/);
    const at = text.indexOf(use[1]);
    const found = await editor.ask("textDocument/hover", {
      textDocument: { uri: editor.uri(file) },
      position: positionOf(text, at + 2),
    });
    assert.match(found.contents.value, /strategy canary\(.*share by share.*After:.*`new` answers all reads/s);
    await editor.close(file);
  });
  await test("hover over a mistake says what its code means", async () => {
    const wrong = WHOLE.replace("== 0 rows", "== 5%");
    await editor.open("wrong.mig", wrong);
    assert.match(await editor.hover("wrong.mig", wrong, "== 5|%"), /\*\*M2001\*\*: /);
    await editor.close("wrong.mig");
  });
  await test("facts are there for a plan that is not safe yet", async () => {
    const unsafe = WHOLE.replace("backup old { to = \"users.backup.db\" }; ", "");
    const found = await editor.open("unsafe.mig", unsafe);
    assert.ok(found.some((one) => one.code.startsWith("M4")));
    assert.match(await editor.hover("unsafe.mig", unsafe, "phase sti|ll"), /Nobody may write/);
    await editor.close("unsafe.mig");
  });
  await editor.close("h.mig");
}

async function completions(editor) {
  let number = 0;
  // What is offered at `|`, in a text that is as broken as it is while somebody types.
  const offered = async (text) => {
    const name = `c${++number}.mig`;
    await editor.open(name, text.replace("|", ""));
    const at = text.indexOf("|");
    const found = await editor.ask("textDocument/completion", {
      textDocument: { uri: editor.uri(name) },
      position: positionOf(text.replace("|", ""), at),
    });
    await editor.close(name);
    return found.items;
  };
  const labels = async (text) => (await offered(text)).map((item) => item.label);
  const head = STORES + SHAPES;
  const plan = `${head}plan p {\n  from users\n  to people\n  gate same { require drift(users) == 0 rows; no_data = fail }\n`;

  await test("completion offers the words of each kind of block", async () => {
    has(await labels(`${head}\n|`), ["param", "store", "plan", "transform", "use"]);
    has_none(await labels(`${head}\n|`), ["scan", "from"]);
    has(await labels(`${plan}  |`), ["phase", "via", "through", "on_fail", "resource"]);
    has(await labels(`${plan}  phase a { |`), ["create", "scan", "writes", "hold", "point_of_no_return"]);
    has_none(await labels(`${plan}  phase a { |`), ["phase", "store"]);
    has(await labels(`${plan}  phase a { create people; sc|`), ["scan"]);
    has(await labels(`${head}test "x" of carry { |`), ["given", "expect"]);
    has(await labels(`${head}strategy s(a: gate) { |`), ["hold", "for", "phase"]);
    has(await labels(`${head}entity X { |`), ["key", "version", "where"]);
  });
  await test("completion offers what a block may say, and not what it says already", async () => {
    has(await labels(`${plan}  phase a { scan old -> new { |`), ["by", "chunk", "rate", "on_conflict"]);
    const rest = await labels(`${plan}  phase a { scan old -> new { by = id; ch|`);
    has(rest, ["chunk", "rate"]);
    has_none(rest, ["by"]);
    has(await labels(`${head}store x: sqlite { |`), ["path", "busy_timeout"]);
    has(await labels(`${plan}  gate g { |`), ["require", "window", "no_data"]);
    const item = (await offered(`${plan}  phase a { backup old { |`)).find((one) => one.label === "to");
    assert.equal(item.textEdit.newText, "to = ");
    assert.match(item.detail, /required/);
  });
  await test("completion offers names of the right kind", async () => {
    assert.deepEqual(await labels(`${head}plan p { from |`), ["people", "users"]);
    assert.deepEqual(await labels(`${head}plan p { through |`), ["glue"]);
    assert.deepEqual(await labels(`${head}plan p { via |`), ["carry"]);
    assert.deepEqual(await labels(`${plan}  phase a { require |`), ["same"]);
    has(await labels(`${plan}  phase first { }\n  phase b after |`), ["first"]);
    has(await labels(`${plan}  phase first { }\n  on_fail rollback to |`), ["first"]);
    assert.deepEqual(await labels(`${head}dataset d: |`), ["Person", "User"]);
    assert.deepEqual(await labels(`${head}dataset d: User in |`), ["shop"]);
    has(await labels(`${plan}  phase a { create |`), ["people", "users"]);
    assert.deepEqual(await labels(`${plan}  phase a { scan old -> new { by = |`), ["id"]);
    has(await labels(`${STORES}param nap: rows = 1 rows\nenv prod { |`), ["nap"]);
  });
  await test("completion offers words and values that fit the place", async () => {
    has(await labels(`${head}store x: |`), ["sqlite", "postgres", "redis"]);
    has(await labels(`${head}router x: |`), ["file", "table"]);
    has(await labels(`${plan}  phase a { writes |`), ["old", "new", "none"]);
    has(await labels(`${plan}  phase a { writes old, new { mode = |`), ["follow", "transaction", "app"]);
    has(await labels(`${plan}  phase a { scan old -> new { on_conflict = |`), ["keep", "replace", "newer", "merge"]);
    has(await labels(`${plan}  on_fail retry 3 then |`), ["rollback", "pause"]);
    has(await labels(`${plan}  gate g { require drift(users) == 0 rows; no_data = |`), ["fail", "pause"]);
    has(await labels(`${plan}  gate g { require |`), ["drift", "p95", "error_rate"]);
    has(await labels(`${plan}  gate g { require p95(|`), ["reads.new", "writes"]);
    has(await labels(`${plan}  gate g { require drift(|`), ["users", "people"]);
    has(await labels(`${head}param x: |`), ["duration", "rows", "rows/s"]);
    has(await labels(`${head}entity X { key id: |`), ["i64", "text", "timestamp"]);
    has(await labels(`${plan}  phase a { scan old -> new { chunk = 500 |`), ["rows"]);
  });
  await test("completion offers the fields of a row, and what an expression may call", async () => {
    assert.deepEqual(await labels(`${head}transform t(u: User) -> Person { emit Person { id = u.|`), ["id", "full_name", "email"]);
    has(await labels(`${head}transform t(u: User) -> Person { emit Person { |`), ["id", "name", "email"]);
    has(await labels(`${head}transform t(u: User) -> Person { emit Person { id = |`), ["u", "lower", "trim"]);
  });
  await test("completion offers the library, its strategies and what they take", async () => {
    has(await labels(`mig 1\nuse std.|`), ["text", "traffic", "data"]);
    has(await labels(`mig 1\nuse std.text (|`), ["trim", "lower", "split_once"]);
    has(await labels(`mig 1\nuse std.traffic (|`), ["canary", "blue_green"]);
    const canary = `mig 1\nuse std.traffic (canary)\n${PLAN}`.replace("phase still", "phase widen { canary reads { hold = 5m; | } }\n  phase still");
    const items = await offered(canary);
    has(items.map((item) => item.label), ["steps", "require", "by", "stale_ok"]);
    has_none(items.map((item) => item.label), ["hold", "what"]);
    assert.match(items.find((item) => item.label === "steps").detail, /^steps: \[ratio\] = \[1%, 5%/);
    has(await labels(canary.replace("hold = 5m; |", "mode = |")), ["sync", "follow", "app"]);
    has(await labels(canary.replace("hold = 5m; |", "require = |")), ["same"]);
    has(await labels(canary.replace("canary reads { hold = 5m; | }", "can|")), ["canary"]);
  });
  await test("completion offers the names of an imported file, and nothing inside texts and comments", async () => {
    editor.write("lib/names.mig", 'mig 1\nparam one: rows = 1 rows\nparam two: rows = 2 rows\n');
    assert.deepEqual(await labels('mig 1\nuse "lib/names.mig" (one)\nuse "lib/names.mig" (|'), ["one", "two"]);
    assert.deepEqual(await labels("mig 1\n# par|"), []);
    assert.deepEqual(await labels('mig 1\nstore a: sqlite { path = "x|'), []);
  });
  await test("every value that is offered for an attribute is known to the compiler", async () => {
    const values = {
      "scan old -> new { on_conflict = |": /conflict rule/,
      "verify old, new { repair = |": /source of a repair/,
      "writes old, new { mode = |": /no mode/,
      "reads new 5% { fallback = old on [|": /no failure/,
      "window mon 22:00..04:00 { at_end = |": /is not written like this/,
    };
    for (const [step, unknown] of Object.entries(values)) {
      for (const word of await labels(`${plan}  phase a { ${step}`)) {
        const closed = `${plan}  phase a { ${step.replace("|", word)}${step.includes("[") ? "]" : ""} } }\n}\n`;
        const name = `v${++number}.mig`;
        for (const one of await editor.open(name, closed)) assert.doesNotMatch(one.message, unknown, word);
        await editor.close(name);
      }
    }
  });
}

async function names(editor) {
  await test("a name leads to its declaration, and a side to what it stands for", async () => {
    await editor.open("n.mig", WHOLE);
    const target = async (at) => {
      const found = await editor.ask("textDocument/definition", editor.place("n.mig", WHOLE, at));
      return found && { line: WHOLE.split("\n")[found[0].range.start.line], text: textIn(WHOLE, found[0].range) };
    };
    assert.match((await target("from us|ers")).line, /^dataset users/);
    assert.match((await target("= u.em|ail".replace("= ", "lower("))).line, /^entity User/);
    assert.match((await target("name = na|me;")).line, /let name/);
    assert.match((await target("require sa|me")).line, /gate same/);
    assert.match((await target("snapshot ol|d")).line, /^dataset users/);
    assert.match((await target("env prod { na|p")).line, /^param nap/);
    assert.equal(await target("phase mo|ve".replace("phase", "phase").replace("mo|ve", "|move")) === null, false);
  });
  await test("references are found, with and without the declaration", async () => {
    const ask = (includeDeclaration) =>
      editor.ask("textDocument/references", { ...editor.place("n.mig", WHOLE, "from us|ers"), context: { includeDeclaration } });
    const all = await ask(true);
    assert.equal(all.length, 3);
    for (const one of all) assert.equal(textIn(WHOLE, one.range), "users");
    assert.equal((await ask(false)).length, 2);
    const marks = await editor.ask("textDocument/documentHighlight", editor.place("n.mig", WHOLE, "from us|ers"));
    assert.deepEqual(marks.map((one) => one.kind).sort(), [2, 2, 3]);
  });
  const renamed = async (name, text, at, newName) => {
    const found = await editor.ask("textDocument/rename", { ...editor.place(name, text, at), newName });
    return found.changes;
  };
  await test("a rename changes every place of a name and no other, and the plan compiles", async () => {
    for (const [at, to] of [["from us|ers", "clients"], ["require sa|me", "equal"], ["phase mo|ve", "carry_over"],
                            ["param na|p", "pause_for"], ["let na|me", "whole"], ["carry(u|:", "user"],
                            ["plan split_us|ers", "divide"], ["Per|son { key", "Human"]]) {
      const word = WHOLE.slice(0).match(new RegExp(`\\b${at.replace("|", "").split(/\W/).filter(Boolean).pop()}\\b`));
      const changes = await renamed("n.mig", WHOLE, at, to);
      const after = edited(WHOLE, changes[editor.uri("n.mig")]);
      assert.ok(after.includes(to), `${at}: ${word}`);
      assert.deepEqual(await editor.open("renamed.mig", after), [], at);
      await editor.close("renamed.mig");
    }
  });
  await test("a field that gets another name keeps its column", async () => {
    const changes = await renamed("n.mig", WHOLE, "u.full_|name", "title");
    const after = edited(WHOLE, changes[editor.uri("n.mig")]);
    assert.match(after, /title: text \{ column = "full_name" \}/);
    assert.match(after, /trim\(u\.title\)/);
    assert.deepEqual(await editor.open("renamed.mig", after), []);
    await editor.close("renamed.mig");
  });
  await test("a name that is taken, a word of the language, or no name at all is refused", async () => {
    await refused(renamed("n.mig", WHOLE, "from us|ers", "people"), /`people` is taken: it is declared in line/);
    await refused(renamed("n.mig", WHOLE, "from us|ers", "phase"), /is a word of the language/);
    await refused(renamed("n.mig", WHOLE, "from us|ers", "new"), /is a word of the language/);
    await refused(renamed("n.mig", WHOLE, "from us|ers", "2nd"), /is no name/);
    await refused(renamed("n.mig", WHOLE, "phase mo|ve", "over"), /does not go there: `over` is declared twice/);
    await refused(renamed("n.mig", WHOLE, "let na|me", "u"), /does not go there/);
    await refused(renamed("n.mig", WHOLE, "snap|shot old", "x"), /no name that could be changed/);
    const ready = await editor.ask("textDocument/prepareRename", editor.place("n.mig", WHOLE, "from us|ers"));
    assert.equal(ready.placeholder, "users");
    await refused(editor.ask("textDocument/prepareRename", editor.place("n.mig", WHOLE, "snap|shot old")), /no name/);
    const broken = WHOLE.replace("through glue", "through glue glue");
    await editor.open("broken.mig", broken);
    const lost = broken.replace("via carry", "via carry users");
    await editor.change("broken.mig", lost);
    await refused(renamed("broken.mig", lost, "dataset us|ers", "clients"), /other mistakes; mend them first/);
    await editor.close("broken.mig");
  });
  await test("a rename reaches the files that import the name, open or not, and is asked for from any", async () => {
    const lib = `${STORES}${SHAPES}gate same { require drift(users) == 0 rows; no_data = fail }\n`;
    const use = `mig 1\nuse "lib/shapes.mig" (users, people, glue, carry, same)\n${PLAN.replace(/  gate same.*\n/, "")}`;
    const other = `mig 1\nuse "lib/shapes.mig" (same, users)\n`;
    editor.write("lib/shapes.mig", lib);
    editor.write("other.mig", other);
    assert.deepEqual(await editor.open("use.mig", use), []);
    for (const [name, text, at] of [["use.mig", use, "require sa|me"], ["lib/shapes.mig", lib, "gate sa|me"]]) {
      if (name !== "use.mig") await editor.open(name, text);
      const changes = await renamed(name, text, at, "equal");
      assert.deepEqual(Object.keys(changes).sort(), ["lib/shapes.mig", "other.mig", "use.mig"].map((one) => editor.uri(one)).sort());
      assert.match(edited(other, changes[editor.uri("other.mig")]), /\(equal, users\)/);
      assert.match(edited(use, changes[editor.uri("use.mig")]), /require equal \}/);
      assert.match(edited(lib, changes[editor.uri("lib/shapes.mig")]), /gate equal/);
    }
    await editor.close("lib/shapes.mig");
    await editor.close("use.mig");
  });
  await test("the library is shown where the editor can, and never renamed", async () => {
    const text = `mig 1\nuse std.traffic (canary)\n`;
    await editor.open("lib_use.mig", text);
    const found = await editor.ask("textDocument/definition", editor.place("lib_use.mig", text, "can|ary"));
    assert.equal(found[0].uri, "mig-library:/stdlib/traffic/canary.mig");
    const shown = await editor.ask("mig/libraryText", { uri: found[0].uri });
    assert.equal(shown, fs.readFileSync(path.join(ROOT, "stdlib/traffic/canary.mig"), "utf8"));
    await refused(renamed("lib_use.mig", text, "can|ary", "bird"), /belongs to the library/);
    await editor.close("lib_use.mig");
  });
  await test("a strategy of one's own is followed from its use to its parameters", async () => {
    const strategy = `strategy soak(length: duration, watch: gate) {\n  hold length { require = watch }\n}\n`;
    const text = WHOLE.replace(PLAN, strategy + PLAN.replace("require same }", "soak { length = 1h; watch = same } }"));
    await editor.open("own.mig", text);
    const changes = await renamed("own.mig", text, "leng|th = 1h", "how_long");
    const after = edited(text, changes[editor.uri("own.mig")]);
    assert.match(after, /soak\(how_long: duration, watch: gate\) \{\n  hold how_long \{/);
    assert.match(after, /soak \{ how_long = 1h; watch = same \}/);
    const uses = await renamed("own.mig", text, "so|ak {", "rest");
    assert.equal(uses[editor.uri("own.mig")].length, 2);
    await editor.close("own.mig");
  });
  await editor.close("n.mig");
}

async function documents(editor) {
  await editor.open("d.mig", WHOLE);
  const about = { textDocument: { uri: editor.uri("d.mig") } };
  await test("the outline has plans, their phases and steps, and entities with their fields", async () => {
    const symbols = await editor.ask("textDocument/documentSymbol", about);
    const plan = symbols.find((one) => one.name === "split_users");
    assert.deepEqual(plan.children.map((one) => one.name), ["same", "expand", "still", "move", "compare", "over", "cleanup"]);
    assert.deepEqual(plan.children[4].children.map((one) => one.name), ["verify old, new", "require same"]);
    assert.deepEqual(symbols.find((one) => one.name === "User").children.map((one) => one.name), ["id", "full_name", "email"]);
    const within = (inner, outer) => positionKey(outer.start) <= positionKey(inner.start) && positionKey(inner.end) <= positionKey(outer.end);
    const positionKey = (position) => position.line * 10_000 + position.character;
    const check = (one) => (assert.ok(within(one.selectionRange, one.range)), (one.children ?? []).forEach(check));
    symbols.forEach(check);
    const found = await editor.ask("workspace/symbol", { query: "SPLIT" });
    assert.ok(found.some((one) => one.name === "split_users"));
  });
  await test("formatting is that of `mig fmt`, and leaves alone what could not be read", async () => {
    const untidy = WHOLE.replace("  from users\n", "      from    users\n");
    await editor.open("f.mig", untidy);
    const ask = () => editor.ask("textDocument/formatting", { textDocument: { uri: editor.uri("f.mig") }, options: { tabSize: 8, insertSpaces: false } });
    const after = edited(untidy, await ask());
    const fmt = spawnSync(MIG, ["fmt", "-"], { input: untidy, encoding: "utf8" });
    assert.equal(after, fmt.stdout);
    await editor.change("f.mig", after);
    assert.deepEqual(await ask(), []);
    const broken = after + "plan x { from (\n";
    await editor.change("f.mig", broken);
    assert.ok(edited(broken, await ask()).includes("from ("));
    await editor.close("f.mig");
  });
  await test("a mistake with one way to mend it is mended by its action", async () => {
    const wrong = WHOLE.replace("require same }", "require smae }").replace("90m in", "90min in").replace("(lower, trim)", "(trim)");
    let text = wrong;
    await editor.open("w.mig", text);
    for (const title of ["Replace `90min` by `90m` (M2002)", "Replace `smae` by `same` (M1001)", "Insert `\nuse std.text (lower)` (M1001)"]) {
      const found = await editor.ask("textDocument/codeAction", {
        textDocument: { uri: editor.uri("w.mig") }, range: everywhere, context: { diagnostics: [] },
      });
      const action = found.find((one) => one.title === title);
      assert.ok(action, `${title}: ${found.map((one) => one.title)}`);
      text = edited(text, action.edit.changes[editor.uri("w.mig")]);
      await editor.change("w.mig", text);
    }
    assert.deepEqual(await editor.news("w.mig", 4), []);
    await editor.change("w.mig", wrong);
    const line = positionOf(wrong, wrong.indexOf("smae")).line;
    const here = await editor.ask("textDocument/codeAction", {
      textDocument: { uri: editor.uri("w.mig") }, context: { diagnostics: [] },
      range: { start: { line, character: 0 }, end: { line, character: 0 } },
    });
    assert.deepEqual(here.map((one) => one.title), ["Replace `smae` by `same` (M1001)", "Explain M1001"]);
    assert.match(await editor.ask("mig/explain", { code: "M1001" }), /^# A name is used that nothing declares/);
    await editor.close("w.mig");
  });
  await test("blocks and comments fold, and hints behind phases say what holds after them", async () => {
    const folds = await editor.ask("textDocument/foldingRange", about);
    const line = positionOf(WHOLE, WHOLE.indexOf("plan split_users")).line;
    assert.ok(folds.some((one) => one.startLine === line && one.endLine > line + 10));
    const hints = await editor.ask("textDocument/inlayHint", { ...about, range: everywhere });
    assert.deepEqual(hints.map((one) => one.label), [
      "→ writes old, reads new 0%",
      "→ writes none, reads new 0%",
      "→ writes none, reads new 0%, new complete",
      "→ writes none, reads new 0%, new complete, proved the same",
      "→ writes new, reads new 100%, new complete, no way back",
      "→ writes new, reads new 100%, new complete, no way back",
    ]);
    const some = await editor.ask("textDocument/inlayHint", { ...about, range: { start: hints[1].position, end: hints[1].position } });
    assert.equal(some.length, 1);
  });
  await editor.close("d.mig");
}

async function main() {
  const editor = await Editor.start({ initializationOptions: { libraryTexts: true } });
  assert.equal(editor.initialized.capabilities.positionEncoding, "utf-16");
  await diagnostics(editor);
  await hovers(editor);
  await completions(editor);
  await names(editor);
  await documents(editor);
  await test("the server leaves as it is told to", async () => assert.equal(await editor.stop(), 0));

  await test("an editor that counts bytes is answered in bytes", async () => {
    const bytes = await Editor.start({ capabilities: { general: { positionEncodings: ["utf-8", "utf-16"] } } });
    assert.equal(bytes.initialized.capabilities.positionEncoding, "utf-8");
    const found = await bytes.open("b.mig", 'mig 1\nstore a: sqlite { path = "🦆"; paht = "x" }\n');
    assert.equal(found[0].range.start.character, Buffer.byteLength('store a: sqlite { path = "🦆"; '));
    assert.equal(await bytes.stop(), 0);
  });
  done();
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
