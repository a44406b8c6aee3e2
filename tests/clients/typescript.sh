#!/usr/bin/env bash
# Type-checks the TypeScript client, compiles it with its test and runs that under Node.
set -euo pipefail
cd "$(dirname "$0")/../.."
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cp runtime/traffic/clients/typescript/*.ts tests/clients/typescript_client_test.ts "$folder"
echo '{ "type": "module" }' >"$folder/package.json"
tsc --strict --noUnusedLocals --noUnusedParameters --noImplicitReturns --target ES2020 --module ES2020 \
  --lib ES2020,DOM --outDir "$folder/out" "$folder"/*.ts
cp "$folder/package.json" "$folder/out/"
node "$folder/out/typescript_client_test.js" runtime/traffic/vectors.json "$folder"
