// A few seconds of faults under load, always of the same seeds: on the embedded switch, and on FreeSWITCH where
// FREESWITCH_BIN names one. Longer and by chance: `node test/faults/run.ts`.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { findFreeswitch } from '../../freeswitch/conf/process.ts'
import { cutProxy } from './cut-proxy.ts'
import { type FaultKind, runFaults } from './faults.ts'

const limit = { timeout: 150_000 }
const binary = findFreeswitch(process.env.FREESWITCH_BIN, '')

async function holds(on: 'embedded' | 'real', seed: number, kinds: FaultKind[]): Promise<void> {
  const result = await runFaults({ seed, on, seconds: 6, kinds })
  assert.ok(result)
  const again = `node test/faults/run.ts --seed ${seed} --switch ${on} --seconds 6 ${kinds.map((kind) => `--only '${kind}'`).join(' ')}`
  assert.deepEqual(result.faults, [], `run it again with: ${again}`)
  assert.ok(result.done.length > 0 && result.figures.calls! > 3, `${JSON.stringify(result.figures)}: ${again}`)
}

describe('faults under load', () => {
  it('killing the platform drops nobody: who talks goes on, who waits is joined within 5 s', limit, () =>
    holds('embedded', 1, ['kill the platform']),
  )
  it('killing the switch ends its calls only', limit, () => holds('embedded', 5, ['kill the switch']))
  it('cut connections and a database that is away drop nobody', limit, () =>
    holds('embedded', 3, ['cut the calls', 'cut the event socket', 'lock the database']),
  )
  it('on FreeSWITCH', { ...limit, skip: binary ? false : 'FREESWITCH_BIN is not set' }, () =>
    holds('real', 4, ['kill the platform', 'cut the event socket']),
  )
})

describe('the wire that fails', () => {
  it('refuses while it is told to, and takes connections again', async () => {
    const proxy = await cutProxy(1)
    const { port } = proxy
    await proxy.refuse(true)
    await assert.rejects(fetch(`http://127.0.0.1:${port}`), /fetch failed/)
    await proxy.refuse(false)
    assert.equal(proxy.port, port)
    await proxy.close()
  })
})
