// node test/faults/run.ts [--seed N] [--switch embedded|real] [--seconds S] [--only <fault>]... [--keep]
import { parseArgs } from 'node:util'
import { type FaultKind, faultKinds, runFaults } from './faults.ts'

const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    switch: { type: 'string', default: 'embedded' },
    seconds: { type: 'string', default: '60' },
    only: { type: 'string', multiple: true },
    keep: { type: 'boolean', default: false },
  },
})
const seed = values.seed === undefined ? Math.floor(Math.random() * 1e9) : Number(values.seed)
const kinds = faultKinds.filter((kind) => !values.only || values.only.some((part) => kind.includes(part)))
console.log(`seed ${seed}, ${values.switch} switch, ${values.seconds} s`)
const result = await runFaults({
  seed,
  on: values.switch === 'real' ? 'real' : 'embedded',
  seconds: Number(values.seconds),
  kinds: kinds as FaultKind[],
  say: (line) => console.log(line),
  keep: values.keep,
})
if (!result) {
  console.error('no FreeSWITCH here: set FREESWITCH_BIN')
  process.exit(2)
}
console.log(JSON.stringify(result.figures))
if (values.keep) console.log(result.folder)
for (const fault of result.faults) console.error(`FAULT ${fault}`)
console.log(
  `${result.done.length} faults, ${result.faults.length} findings; again with: --seed ${seed} --switch ${values.switch} --seconds ${values.seconds}`,
)
process.exit(result.faults.length > 0 ? 1 : 0)
