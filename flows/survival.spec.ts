// The platform ends in the middle of a flow and another one comes: the caller hears music and goes on where it was.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { it } from 'node:test'
import { createLiveCall } from '../freeswitch/call/index.ts'
import { startEmbeddedSwitch } from '../freeswitch/embedded/index.ts'
import { listenCalls } from '../freeswitch/esl/index.ts'
import { parseFlow } from '../server/flows/index.ts'
import { createPrompts } from '../server/prompts/index.ts'
import { startFlowCentre } from './flow-centre.ts'

it('goes on at the menu after a restart of the platform', { timeout: 150_000 }, async () => {
  const flow = parseFlow(readFileSync(join(import.meta.dirname, 'mesa-de-entrada.json'), 'utf8'))
  if (typeof flow === 'string') throw new Error(flow)
  const dir = await mkdtemp(join(tmpdir(), 'vera-survival-'))
  const texts = new Map<string, string>()
  const begin = async (port: number) => {
    const centre = await startFlowCentre(flow, { stuckMs: 20_000 })
    const silent = { command: '/nonexistent/voice', args: { es: [], 'en-US': [] } }
    const prompts = createPrompts({ db: centre.db, dir, speech: silent, log() {} })
    centre.fake.ports.prompts.file = async (prompt, about) => {
      const file = await prompts.file(prompt, about)
      texts.set(basename(file), String(prompt))
      return file
    }
    const door = await listenCalls({
      host: '127.0.0.1',
      port,
      onCall: (session) => centre.calls.onCall(createLiveCall(session)),
    })
    return { centre, door }
  }
  const first = await begin(0)
  const { port } = first.door
  const sw = await startEmbeddedSwitch({
    password: 'of-the-test',
    callListen: `127.0.0.1:${port}`,
    recordingsDir: dir,
    speed: 20,
  })
  let second: Awaited<ReturnType<typeof begin>> | undefined
  try {
    const heard: string[] = []
    const line = sw.line({ from: '3424567890', to: '08005551234' })
    const queued = Promise.withResolvers<void>()
    const atMenu = Promise.withResolvers<void>()
    line.onHeard = (sound) => {
      const text = [...texts].find(([file]) => sound.includes(file))?.[1] ?? sound
      heard.push(text)
      if (text.startsWith('Por impuestos')) {
        if (second) line.press('1')
        else atMenu.resolve()
      }
      if (text.startsWith('Lo comunicamos')) queued.resolve()
    }
    await atMenu.promise
    await first.door.close(true)
    await first.centre.stop()
    second = await begin(port)
    await queued.promise
    const said = heard.filter((text) => !text.startsWith('silence_stream'))
    assert.equal(said.filter((text) => text.startsWith('Bienvenido')).length, 1, said.join('\n'))
    assert.equal(said.filter((text) => text.startsWith('Por impuestos')).length, 2, said.join('\n'))
    assert.ok(said.includes('local_stream://vera'), said.join('\n'))
    const kinds = (one: typeof first) => one.centre.fake.facts.map((fact) => fact.kind)
    assert.ok(!kinds(first).includes('interaction.ended'))
    assert.ok(!kinds(second).includes('interaction.created'))
    assert.deepEqual([...first.centre.fake.alarms, ...second.centre.fake.alarms], [])
    assert.equal(new Set([...first.centre.fake.facts, ...second.centre.fake.facts].map((f) => f.interactionId)).size, 1)
  } finally {
    await sw.stop()
    await second?.door.close(true)
    await second?.centre.stop()
    await rm(dir, { recursive: true, force: true })
  }
})
