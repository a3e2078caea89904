// Loaded before each spec of a whole run: its property tests draw the same examples every time, so that what turns red is what was
// changed. Runs of single specs draw new ones, where whoever looks for a counterexample can act on it.
import { readFileSync } from 'node:fs'

const spec = process.argv[1]
if (process.env.VERA_TEST_SEED && spec && readFileSync(spec, 'utf8').includes(`from 'fast-check'`)) {
  const { default: fc } = await import('fast-check')
  fc.configureGlobal({ seed: Number(process.env.VERA_TEST_SEED) })
}
