// What an editor should never send: every message has its answer, and the server goes on.
//   node tests/editors/malformed_test.js build/mig
"use strict";

const { spawn } = require("node:child_process");
const rpc = require("vscode-jsonrpc/node");
const { MIG } = require("./client.js");
const { assert, test, done } = require("./check.js");

const frame = (content) => `Content-Length: ${Buffer.byteLength(content)}\r\n\r\n${content}`;
const message = (value) => frame(JSON.stringify({ jsonrpc: "2.0", ...value }));
const hello = message({ id: 1, method: "initialize", params: { capabilities: {} } });
const alive = message({ id: "alive", method: "workspace/symbol", params: { query: "" } });

// Sends the bytes and waits for the answer to `alive` behind them: all answers before it.
async function answers(bytes, pieces = 1) {
  const server = spawn(MIG, ["lsp"], { stdio: ["pipe", "pipe", "inherit"] });
  const left = new Promise((resolve) => server.on("exit", (code, signal) => resolve(signal ?? code)));
  const received = [];
  const end = new Promise((resolve, reject) => {
    new rpc.StreamMessageReader(server.stdout).listen((one) => {
      if (one.id === "alive") resolve();
      else if (one.id !== "bye") received.push(one);
    });
    left.then((code) => reject(new Error(`the server left with ${code}`)));
  });
  const all = Buffer.from(bytes + alive);
  const size = Math.ceil(all.length / pieces);
  for (let at = 0; at < all.length; at += size) {
    server.stdin.write(all.subarray(at, at + size));
    if (pieces > 1) await new Promise(setImmediate);
  }
  await end;
  server.stdin.write(message({ id: "bye", method: "shutdown" }) + message({ method: "exit" }));
  assert.equal(await left, 0);
  return received;
}

// The exit code of a server that gets these bytes, and then the end of its input.
async function exitCode(bytes) {
  const server = spawn(MIG, ["lsp"], { stdio: ["pipe", "ignore", "inherit"] });
  const left = new Promise((resolve) => server.on("exit", (code, signal) => resolve(signal ?? code)));
  server.stdin.end(bytes);
  return left;
}

const codes = (all) => all.filter((one) => one.error).map((one) => one.error.code);
const about = { textDocument: { uri: "file:///tmp/none.mig" }, position: { line: 0, character: 0 } };
const open = (text, uri = "file:///tmp/plan.mig") =>
  message({ method: "textDocument/didOpen", params: { textDocument: { uri, languageId: "mig", version: 1, text } } });

async function main() {
  await test("what is no JSON, no request or no method has an error", async () => {
    const sent = hello + frame("{") + frame("[]") + frame("42") + frame('{"id":2}') + frame('{"id":{},"method":"x"}') +
      message({ id: 3, method: "textDocument/teleport" }) + frame('"\\ud800"') + frame("nothing");
    assert.deepEqual(codes(await answers(sent)), [-32700, -32600, -32600, -32600, -32600, -32601, -32700, -32700]);
  });
  await test("frames that are none are passed over", async () => {
    const sent = hello + "nonsense\r\n\r\n" + "Content-Length: many\r\n\r\n" + "Content-Length: -5\r\n\r\n" +
      "content-length : 2\r\nContent-Type: x\r\n\r\n{}" + "Content-Length: 99999999999999999999\r\n\r\n";
    assert.deepEqual(codes(await answers(sent)), [-32700, -32700, -32700, -32600, -32700]);
  });
  await test("a message that is larger than any plan is passed over to its end", async () => {
    const size = 129 << 20;
    const sent = hello + `Content-Length: ${size}\r\n\r\n` + " ".repeat(size);
    assert.deepEqual(codes(await answers(sent)), [-32700]);
  });
  await test("messages come whole out of pieces of any size", async () => {
    const all = await answers(hello + message({ id: 2, method: "workspace/symbol", params: { query: "ü" } }), 90);
    assert.deepEqual(all.map((one) => one.id), [1, 2]);
  });
  await test("requests before `initialize` and a second one are refused", async () => {
    const early = message({ id: 7, method: "textDocument/hover", params: about });
    const all = await answers(early + hello + hello);
    assert.deepEqual(codes(all), [-32002, -32600]);
  });
  await test("params of every wrong shape have an error or nothing", async () => {
    const methods = ["hover", "completion", "definition", "references", "rename", "prepareRename", "documentSymbol",
      "foldingRange", "formatting", "codeAction", "inlayHint", "documentHighlight"].map((name) => `textDocument/${name}`);
    const shapes = [undefined, null, [], 5, {}, { textDocument: 5 }, { textDocument: { uri: "http://x/" } }, about,
      { textDocument: { uri: "file:///tmp/plan.mig" }, position: "here" },
      { textDocument: { uri: "file:///tmp/plan.mig" }, position: { line: -1, character: 1e99 } },
      { textDocument: { uri: "file:///tmp/plan.mig" }, position: { line: 4e8, character: 4e8 }, newName: 5, range: 7 }];
    let sent = hello + open("mig 1\nparam a: rows = 1 rows\n");
    let id = 10;
    for (const method of methods) for (const params of shapes) sent += message({ id: ++id, method, params });
    for (const method of ["didOpen", "didChange", "didClose"])
      for (const params of shapes) sent += message({ method: `textDocument/${method}`, params });
    const all = await answers(sent);
    assert.equal(all.filter((one) => one.id > 10).length, methods.length * shapes.length);
  });
  await test("changes that cannot be are left out", async () => {
    const change = (contentChanges) => message({
      method: "textDocument/didChange", params: { textDocument: { uri: "file:///tmp/plan.mig", version: 2 }, contentChanges } });
    const wild = [{ range: { start: { line: 9, character: 9 }, end: { line: 0, character: 0 } }, text: "x" },
      { range: {}, text: "y" }, { text: 5 }, 7, { range: { start: { line: 5e8, character: 0 }, end: { line: 6e8, character: 0 } }, text: "\n# end" }];
    const symbols = message({ id: 5, method: "textDocument/documentSymbol", params: { textDocument: { uri: "file:///tmp/plan.mig" } } });
    const all = await answers(hello + open("mig 1\nparam a: rows = 1 rows") + change(wild) + change("none") + symbols);
    assert.equal(all.find((one) => one.id === 5).result[0].name, "a");
  });
  await test("texts that are no plans are told as such", async () => {
    for (const text of ["a\u0000b", "{".repeat(5000), '"""', "\r\r\r", "plan ".repeat(3000), "🦆".repeat(999), ""]) {
      const all = await answers(hello + open(text) + message({ id: 6, method: "textDocument/foldingRange",
        params: { textDocument: { uri: "file:///tmp/plan.mig" } } }));
      assert.ok(all.find((one) => one.id === 6).error === undefined, JSON.stringify(text.slice(0, 9)));
    }
  });
  await test("who leaves without saying so is told by the exit code", async () => {
    assert.equal(await exitCode(hello + message({ method: "exit" })), 1);
    assert.equal(await exitCode(message({ method: "exit" })), 1);
    assert.equal(await exitCode(hello), 1);
    assert.equal(await exitCode(hello + message({ id: 2, method: "shutdown" }) + message({ method: "exit" })), 0);
    assert.equal(await exitCode(hello + message({ id: 2, method: "shutdown" }) +
      message({ id: 3, method: "shutdown" }) + message({ method: "exit" })), 0);
  });
  done();
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
