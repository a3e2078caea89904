// A few seconds of faults under load, always of the same seeds: on the embedded switch, and on FreeSWITCH where
// FREESWITCH_BIN names one. Longer and by chance: `node test/faults/run.ts`.
import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { describe, it } from 'node:test'
import { findFreeswitch } from '../../freeswitch/conf/process.ts'
import { cutProxy } from './cut-proxy.ts'
import { type FaultKind, runFaults } from './faults.ts'

const limit = { timeout: 450_000 }
const binary = findFreeswitch(process.env.FREESWITCH_BIN, '')

async function holds(on: 'embedded' | 'real', seed: number, kinds: FaultKind[]): Promise<void> {
  const result = await runFaults({ seed, on, seconds: 5, kinds })
  assert.ok(result)
  const again = `node test/faults/run.ts --seed ${seed} --switch ${on} --seconds 5 ${kinds.map((kind) => `--only '${kind}'`).join(' ')}`
  assert.deepEqual(result.faults, [], `run it again with: ${again}`)
  assert.ok(result.done.length > 0 && result.figures.calls! > 3, `${JSON.stringify(result.figures)}: ${again}`)
}

describe('faults under load', () => {
  it('killing the platform or its wires drops nobody: who talks goes on, who waits is joined within 5 s', limit, () =>
    holds('embedded', 1, ['kill the platform', 'cut the calls', 'cut the event socket']),
  )
  it('killing the switch ends its calls only, a database that is away none', limit, () =>
    holds('embedded', 5, ['kill the switch', 'lock the database']),
  )
  it('on FreeSWITCH', { ...limit, skip: binary ? false : 'FREESWITCH_BIN is not set' }, () =>
    holds('real', 4, ['kill the platform', 'cut the event socket']),
  )
})

describe('the wire that fails', () => {
  /** What becomes of a connection. */
  const dial = (port: number) =>
    new Promise<string>((resolve) => {
      const socket = connect(port, '127.0.0.1')
      socket
        .once('connect', () => resolve('taken'))
        .once('error', (error: Error & { code?: string }) => resolve(error.code!))
      socket.once('connect', () => socket.destroy())
    })

  it('refuses while it is told to, and takes connections again', async () => {
    const proxy = await cutProxy(1)
    assert.equal(await dial(proxy.port), 'taken')
    await proxy.refuse(true)
    assert.equal(await dial(proxy.port), 'ECONNREFUSED')
    await proxy.refuse(false)
    assert.equal(await dial(proxy.port), 'taken')
    await proxy.close()
  })
})
