// Starts `mig lsp` for plan files, and shows what only mig can show: files of its library, and the
// page of a code.
"use strict";

const vscode = require("vscode");
const { LanguageClient, TransportKind } = require("vscode-languageclient/node");

let client;

async function start() {
  const command = vscode.workspace.getConfiguration("mig").get("path", "mig");
  client = new LanguageClient(
    "mig",
    "mig",
    { command, args: ["lsp"], transport: TransportKind.stdio },
    {
      documentSelector: [{ language: "mig", scheme: "file" }],
      initializationOptions: { libraryTexts: true },
      synchronize: { fileEvents: vscode.workspace.createFileSystemWatcher("**/*.mig") },
    },
  );
  await client.start();
}

async function show(text) {
  const document = await vscode.workspace.openTextDocument({ content: text, language: "markdown" });
  await vscode.window.showTextDocument(document, { preview: true, viewColumn: vscode.ViewColumn.Beside });
}

async function activate(context) {
  context.subscriptions.push(
    vscode.workspace.registerTextDocumentContentProvider("mig-library", {
      provideTextDocumentContent: (uri) => client.sendRequest("mig/libraryText", { uri: uri.toString() }),
    }),
    vscode.commands.registerCommand("mig.explain", async (code) =>
      show(await client.sendRequest("mig/explain", { code })),
    ),
    vscode.commands.registerCommand("mig.restart", async () => {
      await client?.stop();
      await start();
    }),
  );
  await start();
}

function deactivate() {
  return client?.stop();
}

module.exports = { activate, deactivate };
