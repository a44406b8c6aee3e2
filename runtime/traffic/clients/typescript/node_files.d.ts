// The two functions of Node that mig_router_file.ts uses; an application that has @types/node needs
// no such file.
declare module "node:fs" {
  export function readFileSync(path: string, encoding: "utf8"): string;
  export function appendFileSync(path: string, text: string): void;
}
