// What the real switch writes: two voices in two channels, silence of the right length where it was masked.
import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { findFreeswitch, startFreeswitch } from '../../freeswitch/conf/process.ts'
import { defaultSite, writeSite } from '../../freeswitch/conf/site.ts'
import { EslClient, filePath } from '../../freeswitch/esl/index.ts'
import { insertId } from '../database/index.ts'
import type { Fact } from '../interactions/index.ts'
import { freshDatabase, makeAgency } from '../testing/database.ts'
import { createMasking } from './masking.ts'
import { PeakMeter } from './peaks.ts'

const AGENT_HZ = 440
const CITIZEN_HZ = 1_000
const phones = `<include>
<context name="recording-phones">
<extension name="hums"><condition field="destination_number" expression="^1001$">
<action application="answer"/>
<action application="playback" data="{loops=-1}tone_stream://%(2000,0,${AGENT_HZ})"/>
</condition></extension>
</context>
</include>
`

async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'))
  await Promise.all(servers.map((server) => new Promise((resolve) => server.once('listening', resolve))))
  const ports = servers.map((server) => (server.address() as { port: number }).port)
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
  return ports
}

/** Share of a tone in one channel between two instants, ms; near 1 when there is nothing else. */
function toneShare(wav: Buffer, channel: 0 | 1, hertz: number, fromMs: number, toMs: number): number {
  const rate = wav.readUInt32LE(24)
  let [real, imaginary, power, count] = [0, 0, 0, 0]
  for (let frame = (fromMs * rate) / 1_000; frame < (toMs * rate) / 1_000; frame++) {
    const at = 44 + Math.floor(frame) * 4 + channel * 2
    if (at + 2 > wav.length) break
    const value = wav.readInt16LE(at)
    const angle = (2 * Math.PI * hertz * Math.floor(frame)) / rate
    real += value * Math.cos(angle)
    imaginary += value * Math.sin(angle)
    power += value * value
    count++
  }
  return power === 0 ? 0 : (2 * (real * real + imaginary * imaginary)) / (count * power)
}

const binary = findFreeswitch(process.env.FREESWITCH_BIN, process.env.PATH ?? '')
test('on FreeSWITCH: agent left, citizen right; a mask is silence that keeps the timing', {
  timeout: 60_000,
  skip: binary ? false : 'no FreeSWITCH here: FREESWITCH_BIN is not set and none is on PATH',
}, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'vera-mask-'))
  const [eslPort, agentsPort, agentsWsPort, trunkPort] = (await freePorts(4)) as [number, number, number, number]
  const home = join(folder, 'switch')
  const site = {
    ...defaultSite(home),
    eslPort,
    agentsPort,
    agentsWsPort,
    trunkPort,
    rtpFirst: 27_000,
    rtpLast: 27_200,
    recordingsDir: join(folder, 'recordings'),
  }
  await writeSite(site)
  mkdirSync(join(home, 'dialplan'), { recursive: true })
  writeFileSync(join(home, 'dialplan', 'recording-phones.xml'), phones)
  const db = await freshDatabase()
  const running = await startFreeswitch(binary!, site)
  const client = new EslClient({
    address: { host: '127.0.0.1', port: eslPort, password: running.password },
    events: ['RECORD_STOP'],
  })
  try {
    const up = new Promise<void>((resolve) => client.on('up', () => resolve()))
    client.start()
    await up
    const leg = crypto.randomUUID()
    await client.api(
      `originate {origination_uuid=${leg},RECORD_STEREO=true}loopback/1001/recording-phones &playback({loops=-1}tone_stream://%(2000,0,${CITIZEN_HZ}))`,
    )
    const path = join(site.recordingsDir, 'talk.wav')
    const { agencyId } = await makeAgency(db)
    await insertId(
      db.knex('recordings').insert({
        id: leg,
        agency_id: agencyId,
        interaction_id: 'call',
        kind: 'call',
        path,
        state: 'expected',
        started_at: 0,
      }),
    )
    const facts: object[] = []
    const masking = createMasking({
      db,
      facts: { record: (fact) => facts.push(fact) as never as Fact },
      command: (line) => client.api(line),
      filePath,
    })
    const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
    const stopped = new Promise<void>((resolve) =>
      client.on('event', (event) => event.name === 'RECORD_STOP' && resolve()),
    )
    await client.api(`uuid_record ${leg} start ${filePath(path)}`)
    const began = performance.now()
    await pause(1_500)
    const call = { agencyId, interactionId: 'call', leg: 'nobody' }
    assert.equal(await masking.set(call, true), 1)
    const from = performance.now() - began
    await pause(1_500)
    assert.equal(await masking.set(call, false), 1)
    const to = performance.now() - began
    await pause(1_500)
    await client.api(`uuid_record ${leg} stop ${filePath(path)}`)
    const total = performance.now() - began
    await stopped
    const wav = await readFile(path)
    if (process.env.KEEP_RECORDING) writeFileSync(process.env.KEEP_RECORDING, wav)
    assert.equal(wav.readUInt16LE(22), 2, 'stereo')
    const meter = new PeakMeter()
    meter.push(wav)
    const { durationMs, peaks } = meter.finish(100_000)
    assert.ok(Math.abs(durationMs - total) < 300, `${durationMs} ms of ${total}`)
    // 20 ms a value; a margin of 200 ms for the way to the switch.
    const windows = (first: number, last: number) => peaks.map((list) => list.slice(first / 20, last / 20))
    for (const list of windows(from + 200, to - 200)) assert.ok(list.length > 40 && list.every((peak) => peak === 0))
    for (const [first, last] of [
      [300, from - 200],
      [to + 200, total - 300],
    ] as const) {
      // A tone of the switch has a gap of some milliseconds where it begins again.
      for (const list of windows(first, last))
        assert.ok(list.length > 30 && list.filter((peak) => peak > 3).length > list.length * 0.9)
      // The leg that is recorded is the agent's: what comes from it left, what it hears right.
      assert.ok(toneShare(wav, 0, AGENT_HZ, first, last) > 0.9)
      assert.ok(toneShare(wav, 1, CITIZEN_HZ, first, last) > 0.9)
      assert.ok(toneShare(wav, 0, CITIZEN_HZ, first, last) < 0.05)
    }
    assert.equal(facts.length, 2)

    // A recording that the switch does not have is refused, not taken for masked.
    await assert.rejects(masking.set(call, true))
  } finally {
    await client.stop()
    await running.stop()
    await db.close()
    rmSync(folder, { recursive: true, force: true })
  }
})
