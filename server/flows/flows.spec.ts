import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { scopeOf } from '../database/index.ts'
import { makeAgency, onEachDatabase } from '../testing/database.ts'
import { createAlarms } from './alarms.ts'
import { checkFlow, type PaletteNode } from './check.ts'
import { entryFor, fits } from './entries.ts'
import { starterFrom } from './starter.ts'
import { createFlowStorage } from './storage.ts'

describe('the way in for a dialled number', () => {
  const entries = ['', '0342*', '03424XXXXXX', '0342 456-7890'].map((number) => ({
    nodeId: number,
    number,
    start() {},
  }))
  const chosen = (number: string) => entryFor(entries, number)?.number
  it('is the exact one, then the most exact pattern, then any', () => {
    assert.equal(chosen('03424567890'), '0342 456-7890')
    assert.equal(chosen('03424567891'), '03424XXXXXX')
    assert.equal(chosen('0342500'), '0342*')
    assert.equal(chosen('11'), '')
    assert.equal(entryFor(entries.slice(1), '11'), undefined)
  })
  it('fits digit by digit', () => {
    assert.equal(fits('03424XXXXXX', '0342456789'), false)
    assert.equal(fits('0342*', '034'), false)
    assert.equal(fits('+54 342', '54342'), true)
  })
})

describe('flow check', () => {
  const queue: PaletteNode = { type: 'vera-queue', resumes: true, fields: { queue: { kind: 'known', of: 'queues' } } }
  const entry: PaletteNode = { type: 'vera-call-in', entry: true, fields: {} }
  const play: PaletteNode = { type: 'vera-play', fields: { say: { kind: 'speech' } } }
  const check = (flows: Record<string, unknown>[]) =>
    checkFlow(flows, {
      palette: [queue, entry, play],
      exitsOf: ({ type }) =>
        type === 'vera-queue' ? [{ name: 'answered', ends: true }, { name: 'full' }] : [{ name: 'next' }],
      problemsOf: (_definition, node) => (node.bad ? [{ field: 'say', problem: 'required' }] : []),
      known: { queues: ['salud'], recordings: ['bienvenida'] },
    }).map(({ code, nodeId }) => `${code} ${nodeId}`)
  const tab = { id: 't', type: 'tab' }
  const bye = { id: 'bye', type: 'debug', z: 't', wires: [] }

  it('finds what would leave a caller to the fallback', () => {
    assert.deepEqual(
      check([
        tab,
        { id: 'a', type: 'vera-call-in', z: 't', number: '0800 1', wires: [['q']] },
        { id: 'b', type: 'vera-call-in', z: 't', number: '08001', wires: [['nowhere']] },
        { id: 'q', type: 'vera-queue', z: 't', queue: 'nada', wires: [[], []] },
        { id: 'p', type: 'vera-play', z: 't', bad: true, say: { as: 'recording', value: 'otra' }, wires: [['bye']] },
        { id: 'x', type: 'vera-unknown', z: 't', wires: [] },
        bye,
      ]),
      [
        'flow.dead_wire b',
        'flow.unwired_exit q',
        'flow.unknown_name q',
        'flow.wrong_value p',
        'flow.unknown_name p',
        'flow.unknown_node x',
        'flow.same_number b',
      ],
    )
  })
  it('finds nothing in a sound flow, and does not judge what is switched off', () => {
    const sound = [
      tab,
      { id: 'a', type: 'vera-call-in', z: 't', wires: [['q']] },
      { id: 'q', type: 'vera-queue', z: 't', queue: 'salud', wires: [[], ['bye']] },
      { id: 'z', type: 'vera-play', z: 't', d: true, wires: [[]] },
      bye,
    ]
    assert.deepEqual(check(sound), [])
    assert.deepEqual(check([{ ...tab, disabled: true }, ...sound.slice(1)]), ['flow.no_entry '])
  })
})

it('starter flows: a broken file is one line, the others run', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'vera-starter-'))
  await writeFile(join(folder, 'a.json'), '[{"id":"1","type":"tab"}]')
  await writeFile(join(folder, 'b.json'), '[{"id":"1", ')
  await writeFile(join(folder, 'c.json'), '{"id":"1"}')
  await writeFile(join(folder, 'd.json'), '[{"id":"1","type":"x"},{"id":"1","type":"x"}]')
  const lines: string[] = []
  const flows = await starterFrom(folder, (line) => lines.push(line))()
  assert.deepEqual(flows, [{ id: '1', type: 'tab' }])
  assert.equal(lines.length, 3)
  for (const line of lines) assert.match(line, /^flows\/[bcd]\.json: .*left out$/)
  assert.ok(lines.every((line) => !line.includes('\n')))
  await rm(folder, { recursive: true })
})

onEachDatabase('deploys and alarms', (db) => {
  const user = { username: 'flujos', userId: 3 }
  const open = (lines: string[] = []) =>
    createFlowStorage({
      db: db(),
      starter: async () => [{ id: 's', type: 'tab' }],
      log: (line) => lines.push(line),
      now: () => 5_000,
    })
  type Module = Record<'getFlows' | 'getCredentials' | 'getSettings', () => Promise<unknown>> & {
    saveFlows(flows: object, user: object): Promise<void>
    saveCredentials(credentials: object): Promise<void>
    saveSettings(settings: object): Promise<void>
  }
  const moduleOf = (storage: ReturnType<typeof open>) => storage.module as unknown as Module

  it('begins with the starter flow, once', async () => {
    assert.deepEqual(await moduleOf(open()).getFlows(), [{ id: 's', type: 'tab' }])
    assert.deepEqual(await moduleOf(open()).getFlows(), [{ id: 's', type: 'tab' }])
    const [deploy, ...rest] = await open().deploys()
    assert.deepEqual([deploy?.username, deploy?.userId, deploy?.at, rest], ['vera', undefined, 5_000, []])
  })
  it('keeps every deploy with its author; credentials go with the flows they came with', async () => {
    const storage = open()
    await moduleOf(storage).saveCredentials({ $: 'abc' })
    await moduleOf(storage).saveFlows([{ id: '1', type: 'tab', label: 'ñandú 🌿' }], user)
    await moduleOf(storage).saveFlows([{ id: '2', type: 'tab' }], user)
    const [last, before] = await storage.deploys()
    assert.deepEqual([last?.username, last?.userId, last?.nodes], ['flujos', 3, 1])
    assert.deepEqual(await storage.flowsOf(before?.id ?? 0), {
      flows: [{ id: '1', type: 'tab', label: 'ñandú 🌿' }],
      credentials: { $: 'abc' },
    })
    assert.deepEqual(await moduleOf(storage).getCredentials(), { $: 'abc' })
    assert.equal(await storage.flowsOf(9_999), undefined)
  })
  it('runs on the last good deploy when the newest is broken, and says so', async () => {
    await db().knex('flow_deploys').insert({ username: 'x', at: 6_000, flows: '{broken', credentials: '{}' })
    const lines: string[] = []
    assert.deepEqual(await moduleOf(open(lines)).getFlows(), [{ id: '2', type: 'tab' }])
    assert.match(lines[0] ?? '', /^flows: deploy \d+ of x is not readable/)
  })
  it("keeps Node-RED's settings", async () => {
    await moduleOf(open()).saveSettings({ a: 1 })
    await moduleOf(open()).saveSettings({ a: 2 })
    assert.deepEqual(await moduleOf(open()).getSettings(), { a: 2 })
  })
  it('keeps alarms of each agency apart', async () => {
    const [mine, other] = [await makeAgency(db()), await makeAgency(db())]
    const alarms = createAlarms(db(), { log() {}, now: () => 7_000 })
    alarms.raise(mine.agencyId, { code: 'flow.stuck', message: 'x'.repeat(5_000), subject: 'interaction:1' })
    await alarms.settled()
    const [alarm] = await alarms.list(mine)
    assert.deepEqual(
      [alarm?.code, alarm?.at, alarm?.message.length, alarm?.seenAt],
      ['flow.stuck', 7_000, 2_000, undefined],
    )
    assert.deepEqual(await alarms.list(other), [])
    assert.equal(await alarms.seen(other, alarm?.id ?? '', 1), false)
    assert.equal(await alarms.seen(mine, alarm?.id ?? '', 1), true)
    assert.equal((await alarms.list(mine))[0]?.seenAt, 7_000)
  })
  it('never throws for an alarm that cannot be kept', async () => {
    const lines: string[] = []
    const alarms = createAlarms(db(), { log: (line) => lines.push(line) })
    alarms.raise(999_999, { code: 'flow.stuck', message: 'x', subject: '' })
    await alarms.settled()
    assert.match(lines.at(-1) ?? '', /could not be kept/)
    assert.deepEqual(await alarms.list(scopeOf(999_999)), [])
  })
})
