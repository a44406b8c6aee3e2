// A client of `mig lsp`: the public JSON-RPC library at one end, the program at the other.
"use strict";

const { spawn } = require("node:child_process");
const fs = require("node:fs");
const os = require("node:os");
const path = require("node:path");
const { pathToFileURL } = require("node:url");
const rpc = require("vscode-jsonrpc/node");
const lsp = require("vscode-languageserver-protocol");

const MIG = path.resolve(process.argv[2] ?? "build/mig");
const ROOT = path.resolve(__dirname, "../..");

class Editor {
  constructor() {
    this.folder = fs.mkdtempSync(path.join(os.tmpdir(), "mig-editor-"));
    this.versions = new Map();
    this.told = new Map(); // by URI: the newest diagnostics
    this.waiting = [];
  }

  static async start(options = {}) {
    const editor = new Editor();
    editor.server = spawn(MIG, ["lsp"], { stdio: ["pipe", "pipe", "inherit"] });
    editor.left = new Promise((resolve) => editor.server.on("exit", resolve));
    editor.connection = rpc.createMessageConnection(
      new rpc.StreamMessageReader(editor.server.stdout),
      new rpc.StreamMessageWriter(editor.server.stdin),
    );
    editor.connection.onNotification(lsp.PublishDiagnosticsNotification.type, (params) => {
      editor.told.set(params.uri, params);
      editor.waiting = editor.waiting.filter((one) => !one(params));
    });
    editor.connection.listen();
    editor.initialized = await editor.ask("initialize", {
      processId: process.pid,
      rootUri: editor.uri(""),
      workspaceFolders: [{ uri: editor.uri(""), name: "plans" }],
      capabilities: options.capabilities ?? {},
      initializationOptions: options.initializationOptions,
    });
    await editor.tell("initialized", {});
    return editor;
  }

  ask(method, params) {
    return this.connection.sendRequest(method, params);
  }

  tell(method, params) {
    return this.connection.sendNotification(method, params);
  }

  uri(name) {
    return pathToFileURL(path.isAbsolute(name) ? name : path.join(this.folder, name)).toString();
  }

  write(name, text) {
    const file = path.join(this.folder, name);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, text);
  }

  // The diagnostics of that version of the document; without one, of the document once it is closed.
  news(name, version) {
    const uri = this.uri(name);
    const fits = (params) => params.uri === uri && params.version === version;
    const known = this.told.get(uri);
    if (known && fits(known)) return Promise.resolve(known.diagnostics);
    return new Promise((resolve) => {
      this.waiting.push((params) => {
        if (fits(params)) resolve(params.diagnostics);
        return fits(params);
      });
    });
  }

  async open(name, text) {
    const uri = this.uri(name);
    this.versions.set(uri, 1);
    await this.tell("textDocument/didOpen", {
      textDocument: { uri, languageId: "mig", version: 1, text },
    });
    return this.news(name, 1);
  }

  async change(name, text) {
    return this.changes(name, [{ text }]);
  }

  async changes(name, contentChanges) {
    const uri = this.uri(name);
    const version = this.versions.get(uri) + 1;
    this.versions.set(uri, version);
    await this.tell("textDocument/didChange", { textDocument: { uri, version }, contentChanges });
    return this.news(name, version);
  }

  async close(name) {
    await this.tell("textDocument/didClose", { textDocument: { uri: this.uri(name) } });
  }

  // `at`: a text with `|` where the cursor is; the document holds it without.
  place(name, text, at) {
    const mark = at.indexOf("|");
    const offset = text.indexOf(at.replace("|", ""));
    if (mark < 0 || offset < 0) throw new Error(`\`${at}\` is not in the document`);
    return { textDocument: { uri: this.uri(name) }, position: positionOf(text, offset + mark) };
  }

  async hover(name, text, at) {
    const found = await this.ask("textDocument/hover", this.place(name, text, at));
    return found === null ? null : found.contents.value;
  }

  async labels(name, text, at) {
    const found = await this.ask("textDocument/completion", this.place(name, text, at));
    return found.items.map((item) => item.label);
  }

  async stop() {
    await this.ask("shutdown");
    await this.tell("exit");
    const code = await this.left;
    fs.rmSync(this.folder, { recursive: true });
    return code;
  }
}

// UTF-16, which is what JavaScript counts in.
function positionOf(text, offset) {
  const before = text.slice(0, offset).split("\n");
  return { line: before.length - 1, character: before[before.length - 1].length };
}

function offsetOf(text, position) {
  const lines = text.split("\n").slice(0, position.line);
  return lines.reduce((sum, line) => sum + line.length + 1, 0) + position.character;
}

function textIn(text, range) {
  return text.slice(offsetOf(text, range.start), offsetOf(text, range.end));
}

// What edits of one document make of it.
function edited(text, edits) {
  const sorted = [...edits].sort((a, b) => offsetOf(text, b.range.start) - offsetOf(text, a.range.start));
  for (const edit of sorted)
    text = text.slice(0, offsetOf(text, edit.range.start)) + edit.newText + text.slice(offsetOf(text, edit.range.end));
  return text;
}

module.exports = { Editor, MIG, ROOT, positionOf, textIn, edited };
