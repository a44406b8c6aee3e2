// Routes an application's reads and writes by mig's routing document. No dependencies, no I/O: it
// runs wherever JavaScript does; mig_router_file.ts reads and appends files with Node.
//
//   const document = parse(text);
//   const read = document.read(keyBytes(integer(userId)), { region: "eu" });
//   // ask read.side; where it fails and read.fallback includes "error", ask "old" as well
//   report.read(read, tookMicros, "ok");  // and append report.takeLines(…) to a file
//
// The rules are those of runtime/traffic/FORMAT.md. Instants are text, as documents have them:
// `2026-03-01T12:00:05.000000Z` sorts as time does.

export type Side = "old" | "new";
export type Authority = Side | "none"; // none: answer with an error that asks to try again
export type Cohort = "old" | "new" | "control";
export type Failure = "error" | "timeout";
export type Outcome = "ok" | "failed" | "fell_back";

/** The side to ask, and the failures after which the old side is asked as well. */
export interface Read {
  side: Side;
  cohort: Cohort;
  fallback: Failure[];
}

export interface Write {
  authority: Authority;
  mirror: Side | null; // the side that gets the write as well
  mode: string | null; // who brings it there
}

interface Json {
  format: string;
  version: number;
  fresh_until: string | null;
  key: { salt: string; by: string[] };
  reads: {
    share: number;
    where: { attribute: string; in: string[] }[];
    stale_ok_us: number;
    fallback: Failure[];
  };
  writes: { authority: Authority; mirror: Side | null; mode: string | null; share: number };
}

export const WHOLE = 1_000_000_000; // shares are parts of it

// ---- the sticky hash

const MASK = (1n << 64n) - 1n;
const P1 = 0x9e3779b185ebca87n;
const P2 = 0xc2b2ae3d27d4eb4fn;
const P3 = 0x165667b19e3779f9n;
const P4 = 0x85ebca77c2b2ae63n;
const P5 = 0x27d4eb2f165667c5n;

const times = (left: bigint, right: bigint): bigint => (left * right) & MASK;
const rotated = (x: bigint, by: bigint): bigint => ((x << by) | (x >> (64n - by))) & MASK;
const round = (sum: bigint, lane: bigint): bigint =>
  times(rotated((sum + times(lane, P2)) & MASK, 31n), P1);

/** XXH64 with seed 0. */
export function xxh64(bytes: Uint8Array): bigint {
  let next = 0;
  const left = (): number => bytes.length - next;
  const taken = (size: number): bigint => {
    let value = 0n;
    for (let i = size - 1; i >= 0; --i) value = (value << 8n) | BigInt(bytes[next + i]);
    next += size;
    return value;
  };
  let hash = P5;
  if (bytes.length >= 32) {
    const sums = [(P1 + P2) & MASK, P2, 0n, -P1 & MASK];
    while (left() >= 32) for (let i = 0; i < 4; ++i) sums[i] = round(sums[i], taken(8));
    const turns = [1n, 7n, 12n, 18n];
    hash = sums.reduce((all, sum, i) => (all + rotated(sum, turns[i])) & MASK, 0n);
    for (const sum of sums) hash = (times(hash ^ round(0n, sum), P1) + P4) & MASK;
  }
  hash = (hash + BigInt(bytes.length)) & MASK;
  while (left() >= 8) hash = (times(rotated(hash ^ round(0n, taken(8)), 27n), P1) + P4) & MASK;
  if (left() >= 4) hash = (times(rotated(hash ^ times(taken(4), P1), 23n), P2) + P3) & MASK;
  while (left() > 0) hash = times(rotated(hash ^ times(taken(1), P5), 11n), P1);
  hash = times(hash ^ (hash >> 33n), P2);
  hash = times(hash ^ (hash >> 29n), P3);
  return hash ^ (hash >> 32n);
}

const utf8 = new TextEncoder();

/** floor(hash * 10^9 / 2^64) */
export function bucketOf(salt: string, key: Uint8Array): number {
  const prefix = utf8.encode(salt);
  const bytes = new Uint8Array(prefix.length + 1 + key.length);
  bytes.set(prefix);
  bytes.set(key, prefix.length + 1);
  return Number((xxh64(bytes) * BigInt(WHOLE)) >> 64n);
}

export function cohortOf(bucket: number, share: number): Cohort {
  if (bucket < share) return "new";
  return bucket >= WHOLE - Math.min(share, WHOLE - share) ? "control" : "old";
}

/** An integer's spelling. A number beyond 2^53 has lost its digits already, so it is refused. */
export function integer(value: bigint | number): string {
  if (typeof value === "number" && !Number.isSafeInteger(value)) {
    throw new RangeError("a key beyond 2^53 has to be a bigint");
  }
  return BigInt(value).toString();
}

export const uuid = (value: string): string => value.toLowerCase();

export function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** The bytes of a key: its parts, spelled, in the order of the document's `key.by`. */
export function keyBytes(...parts: string[]): Uint8Array {
  return utf8.encode(parts.join("\0"));
}

// ---- the document

export function now(): string {
  return new Date().toISOString().replace("Z", "000Z");
}

/** Whose rows are the newest: while nobody takes writes, the side that the other one follows. */
function leaderOf(write: Write): Authority {
  if (write.authority !== "none" || write.mirror === null) return write.authority;
  return write.mirror === "new" ? "old" : "new";
}

export class Document {
  constructor(private readonly json: Json) {}

  get version(): number {
    return this.json.version;
  }
  /** The names of the fields that make up the key. */
  get by(): string[] {
    return this.json.key.by;
  }
  get staleOkMicros(): number {
    return this.json.reads.stale_ok_us;
  }

  write(key: Uint8Array): Write {
    return this.writeOf(bucketOf(this.json.key.salt, key));
  }

  read(key: Uint8Array, attributes: Record<string, string> = {}, at: string = now()): Read {
    const { reads, fresh_until } = this.json;
    const bucket = bucketOf(this.json.key.salt, key);
    const write = this.writeOf(bucket);
    const leader = leaderOf(write);
    if (fresh_until !== null && at >= fresh_until && leader !== "none") {
      return { side: leader, cohort: leader, fallback: [] };
    }
    const moved = leader === "new";
    const fits = reads.where.every(
      (one) => one.in.includes(attributes[one.attribute]),
    );
    if (!moved && !fits) return { side: "old", cohort: "old", fallback: [] };
    const cohort = moved ? "new" : cohortOf(bucket, reads.share);
    if (cohort !== "new") return { side: "old", cohort, fallback: [] };
    const oldFollows = !moved || write.mirror === "old";
    return { side: "new", cohort, fallback: oldFollows ? [...reads.fallback] : [] };
  }

  private writeOf(bucket: number): Write {
    const { authority, mirror, mode, share } = this.json.writes;
    if (bucket < share) return { authority, mirror, mode };
    // Only a part has moved, and this key is not in it.
    return { authority: "old", mirror: mirror === null ? null : "new", mode };
  }
}

const isCount = (value: unknown, most: number = Number.MAX_SAFE_INTEGER): boolean =>
  Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) <= most;
const isTexts = (value: unknown): boolean =>
  Array.isArray(value) && value.every((one) => typeof one === "string");

function isDocument(json: Json): boolean {
  return (
    json.format === "mig.routes/2" &&
    isCount(json.version) &&
    (json.fresh_until === null || /^[\d-]{10}T[\d:]{8}\.\d{6}Z$/.test(json.fresh_until)) &&
    typeof json.key.salt === "string" &&
    isTexts(json.key.by) &&
    isCount(json.reads.share, WHOLE) &&
    isCount(json.reads.stale_ok_us) &&
    isTexts(json.reads.fallback) &&
    json.reads.where.every((one) => typeof one.attribute === "string" && isTexts(one.in)) &&
    ["old", "new", "none"].includes(json.writes.authority) &&
    ["old", "new", null].includes(json.writes.mirror) &&
    isCount(json.writes.share, WHOLE) &&
    (json.writes.share === WHOLE || json.writes.authority === "new")
  );
}

/** Null where the text is no document of a format that this client knows: keep to the last one. */
export function parse(text: string): Document | null {
  try {
    const json = JSON.parse(text) as Json;
    return isDocument(json) ? new Document(json) : null;
  } catch {
    return null;
  }
}

/** What holds while there is no document yet. */
export function nothingMoved(plan: string, router: string): Document {
  return new Document({
    format: "mig.routes/2",
    version: 0,
    fresh_until: null,
    key: { salt: `${plan}/${router}`, by: [] },
    reads: { share: 0, where: [], stale_ok_us: 0, fallback: [] },
    writes: { authority: "old", mirror: null, mode: null, share: WHOLE },
  });
}

// ---- the report

/** The smallest and the largest latency that is counted as one with this. */
export function latencyBucket(micros: number): { lower: number; upper: number } {
  let width = 1;
  while (Math.floor(micros / width) >= 256) width *= 2;
  const lower = Math.floor(micros / width) * width;
  return { lower, upper: lower + width - 1 };
}

class Counts {
  requests = 0;
  errors = 0;
  fallbacks = 0;
  readonly latencies = new Map<number, number>();

  count(micros: number, outcome: Outcome): void {
    this.requests += 1;
    this.errors += outcome === "ok" ? 0 : 1; // who fell back was failed by the new side
    this.fallbacks += outcome === "fell_back" ? 1 : 0;
    const { lower } = latencyBucket(Math.max(0, Math.round(micros)));
    this.latencies.set(lower, (this.latencies.get(lower) ?? 0) + 1);
  }

  sorted(): [number, number][] {
    return [...this.latencies].sort(([left], [right]) => left - right);
  }

  readings(): [string, number][] {
    return [
      ["requests", this.requests],
      ["p50", this.percentile(50)],
      ["p95", this.percentile(95)],
      ["p99", this.percentile(99)],
      ["error_rate", this.ratio(this.errors)],
      ["fallback_rate", this.ratio(this.fallbacks)],
    ];
  }

  // Rounded up, so that no rounding helps a gate to pass.
  private ratio(part: number): number {
    const whole = BigInt(this.requests);
    return Number((BigInt(part) * BigInt(WHOLE) + whole - 1n) / whole);
  }
  // In nanoseconds; the upper end of the bucket that holds the value.
  private percentile(percent: number): number {
    let left = Math.ceil((this.requests * percent) / 100);
    for (const [lower, many] of this.sorted()) {
      left -= many;
      if (left <= 0) return latencyBucket(lower).upper * 1000;
    }
    return 0;
  }
}

/** Counts what requests came to, in lines that mig's gates read. */
export class Report {
  private arms = new Map<string, Counts>();

  constructor(
    private readonly router: string,
    private readonly instance: string,
  ) {}

  read(read: Read, micros: number, outcome: Outcome): void {
    this.count("reads", micros, outcome);
    this.count(`reads_${read.side}`, micros, outcome);
    if (read.cohort === "control") this.count("reads_control", micros, outcome);
  }

  write(write: Write, micros: number, outcome: Outcome): void {
    this.count("writes", micros, outcome);
    if (write.authority !== "none") this.count(`writes_${write.authority}`, micros, outcome);
  }

  /** The lines of everything since the last call, and a new start. */
  takeLines(documentVersion: number, since: string, until: string): string {
    const lines: object[] = [];
    for (const [arm, counts] of this.arms) {
      lines.push({
        metric: "mig.report/1",
        at: until,
        since,
        router: this.router,
        instance: this.instance,
        version: documentVersion,
        arm,
        requests: counts.requests,
        errors: counts.errors,
        fallbacks: counts.fallbacks,
        latency_us: counts.sorted(),
      });
      for (const [name, value] of counts.readings()) {
        lines.push({ metric: `${arm}_${name}`, at: until, value });
      }
    }
    this.arms.clear();
    return lines.map((line) => JSON.stringify(line) + "\n").join("");
  }

  private count(arm: string, micros: number, outcome: Outcome): void {
    const counts = this.arms.get(arm) ?? new Counts();
    this.arms.set(arm, counts);
    counts.count(micros, outcome);
  }
}
