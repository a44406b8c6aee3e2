// A few words for tests: what is asked, and what has to come.
"use strict";

const assert = require("node:assert/strict");

let passed = 0;
const failures = [];

async function test(name, body) {
  try {
    await body();
    ++passed;
  } catch (error) {
    failures.push(name);
    console.error(`FAILED: ${name}\n${error.stack}\n`);
  }
}

function has(list, wanted) {
  for (const one of wanted) assert.ok(list.includes(one), `\`${one}\` is not among: ${list.join(", ")}`);
}

function has_none(list, unwanted) {
  for (const one of unwanted) assert.ok(!list.includes(one), `\`${one}\` is among: ${list.join(", ")}`);
}

async function refused(promise, words) {
  await assert.rejects(promise, (error) => {
    assert.match(error.message, words);
    return true;
  });
}

function done() {
  console.log(`${passed} passed, ${failures.length} failed`);
  process.exitCode = failures.length === 0 ? 0 : 1;
}

module.exports = { assert, test, has, has_none, refused, done };
