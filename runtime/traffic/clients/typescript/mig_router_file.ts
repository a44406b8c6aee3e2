// Reads the document of a router of the kind `file`, and appends reports, with Node.

import { appendFileSync, readFileSync } from "node:fs";
import { Document, Report, nothingMoved, parse } from "./mig_router.js";

/** No file: nothing has moved. Null where the file is no document: keep to the last one. */
export function load(path: string, plan: string, router: string): Document | null {
  try {
    return parse(readFileSync(path, "utf8"));
  } catch (error) {
    if ((error as { code?: string }).code === "ENOENT") return nothingMoved(plan, router);
    throw error;
  }
}

/** One write, so that lines of several processes do not mix. */
export function append(path: string, report: Report, version: number, since: string, until: string) {
  const lines = report.takeLines(version, since, until);
  if (lines !== "") appendFileSync(path, lines);
}
