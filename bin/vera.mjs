#!/usr/bin/env node
// `npx vera <verb>`: the command line. The work is in server/cli.
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

process.argv.splice(2, 0, 'server/cli/main.ts')
await import(join(dirname(fileURLToPath(import.meta.url)), 'run.mjs'))
