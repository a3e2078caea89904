// Fuzz of every way by which outside text reaches the switch: node test/fuzz/run.ts --seed 1 --count 100000
import { parseArgs } from 'node:util'
import { fuzz } from './fuzz.ts'
import { realBinary } from './stand.ts'

const { values } = parseArgs({ options: { seed: { type: 'string' }, count: { type: 'string', default: '100000' } } })
const seed = Number(values.seed ?? Date.now() % 2 ** 31)
const kind = realBinary() ? 'real' : 'embedded'
console.log(`seed ${seed}, ${values.count} texts, ${kind} switch`)
const started = performance.now()
const { findings, total } = await fuzz(kind, Number(values.count), seed, (line) => console.log(line))
for (const finding of findings) console.error(`FINDING ${finding}`)
console.log(`${total} texts, ${findings.length} findings, ${((performance.now() - started) / 1000).toFixed(1)} s`)
process.exitCode = findings.length > 0 ? 1 : 0
