// The TypeScript client against the published vectors. Its output is one line a failure.
import { readFileSync } from "node:fs";
import * as client from "./mig_router.js";
import { append, load } from "./mig_router_file.js";

declare const process: { argv: string[]; exitCode: number };

const [vectorsPath, folder] = process.argv.slice(2);
const vectors = JSON.parse(readFileSync(vectorsPath, "utf8"));
let checks = 0;

function same(about: string, seen: unknown, wanted: unknown): void {
  checks += 1;
  const [left, right] = [JSON.stringify(seen), JSON.stringify(wanted)];
  if (left === right) return;
  console.log(`${about}: ${left}, and ${right} is wanted`);
  process.exitCode = 1;
}

const unhex = (text: string): Uint8Array =>
  Uint8Array.from(text.match(/../g) ?? [], (pair) => parseInt(pair, 16));

function spelled(part: { type: string; value: string }): string {
  if (part.type === "i64") return client.integer(BigInt(part.value));
  if (part.type === "uuid") return client.uuid(part.value);
  if (part.type === "bytes") return client.hex(unhex(part.value));
  return part.value;
}

for (const key of vectors.keys) {
  same("key", client.hex(client.keyBytes(...key.parts.map(spelled))), key.bytes);
}
for (const one of vectors.buckets) {
  same(`bucket of ${one.key}`, client.bucketOf(one.salt, unhex(one.key)), one.bucket);
}
for (const one of vectors.cohorts) {
  same(`cohort ${one.bucket} of ${one.share}`, client.cohortOf(one.bucket, one.share), one.cohort);
}
for (const one of vectors.latencies) {
  const { lower, upper } = one;
  same(`latency ${one.latency_us}`, client.latencyBucket(one.latency_us), { lower, upper });
}
for (const { about, document, requests } of vectors.decisions) {
  const parsed = client.parse(JSON.stringify(document));
  same(`${about}: is a document`, parsed !== null, true);
  for (const one of parsed === null ? [] : requests) {
    const key = client.keyBytes(one.key);
    same(`${about}: read ${one.key}`, parsed!.read(key, one.attributes, one.now), one.read);
    const { authority, mirror } = parsed!.write(key);
    same(`${about}: write ${one.key}`, { authority, mirror }, one.write);
  }
}

// A number that has lost digits is no key.
let refused = false;
try {
  client.integer(2 ** 53);
} catch {
  refused = true;
}
same("2^53 as a number is refused", refused, true);

const damaged = (change: (json: any) => void): client.Document | null => {
  const json = JSON.parse(JSON.stringify(vectors.decisions[0].document));
  change(json);
  return client.parse(JSON.stringify(json));
};
same("the other edition", damaged((json) => (json.format = "mig.routes/3")), null);
same("half a document", damaged((json) => delete json.reads), null);
same("a share beyond the whole", damaged((json) => (json.reads.share = client.WHOLE + 1)), null);
same("no JSON", client.parse("{"), null);

const none = load(`${folder}/no_such_file.json`, "split_users", "glue");
same("no file", none?.read(client.keyBytes("127")).side, "old");

const report = new client.Report("glue", "app-1");
const { latencies_us, errors, fallbacks, readings } = vectors.report;
latencies_us.forEach((micros: number, i: number) => {
  const outcome = i < fallbacks ? "fell_back" : i < errors ? "failed" : "ok";
  report.read({ side: "new", cohort: "new", fallback: [] }, micros, outcome);
});
const [since, until] = ["2026-03-01T12:00:00.000000Z", "2026-03-01T12:00:15.000000Z"];
append(`${folder}/report.jsonl`, report, 4, since, until);
const lines = readFileSync(`${folder}/report.jsonl`, "utf8").trim().split("\n");
const read = lines.map((line) => JSON.parse(line)).filter((line) => "value" in line);
for (const name of Object.keys(readings)) {
  const found = read.find((line) => line.metric === `reads_new_${name}`);
  same(`reads_new_${name}`, found?.value, readings[name]);
}
same("nothing is told twice", report.takeLines(4, since, until), "");

if (process.exitCode === undefined || process.exitCode === 0) console.log(`${checks} checks passed`);
