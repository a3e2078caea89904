// The starter flow on the embedded switch: the platform hears of the caller by the wire only.
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

it('goes from the ring through menu and queue to the survey', { timeout: 150_000 }, async () => {
  const flow = parseFlow(readFileSync(join(import.meta.dirname, 'mesa-de-entrada.json'), 'utf8'))
  if (typeof flow === 'string') throw new Error(flow)
  const centre = await startFlowCentre(flow, { stuckMs: 20_000 })
  const dir = await mkdtemp(join(tmpdir(), 'vera-wire-'))
  const { fake, calls } = centre
  const silent = { command: '/nonexistent/voice', args: { es: [], 'en-US': [] } }
  const prompts = createPrompts({ db: centre.db, dir, speech: silent, log() {} })
  const texts = new Map<string, string>()
  fake.ports.prompts.file = async (prompt, about) => {
    const file = await prompts.file(prompt, about)
    texts.set(basename(file), String(prompt))
    return file
  }
  // As the voice hand does it: everything that is needed later is on the leg.
  fake.ports.queues.enqueue = async (call, request) => {
    fake.enqueued.push(request)
    await call.setVariables({
      vera_interaction: request.interactionId,
      vera_agency: String(request.agencyId),
      vera_flow_node: request.flowNode,
      vera_msg: Buffer.from(JSON.stringify(request.msg)).toString('base64url'),
      vera_exit: '',
    })
    await call.transfer('vera_wait', 'vera')
    return { stayId: 's' }
  }
  const door = await listenCalls({
    host: '127.0.0.1',
    port: 0,
    onCall: (session) => calls.onCall(createLiveCall(session)),
  })
  const sw = await startEmbeddedSwitch({
    password: 'of-the-test',
    callListen: `127.0.0.1:${door.port}`,
    recordingsDir: dir,
    speed: 20,
  })
  try {
    const heard: string[] = []
    const line = sw.line({ from: '3424567890', to: '08005551234' })
    const over = Promise.withResolvers<string>()
    line.onEnded = (cause) => over.resolve(cause)
    line.onHeard = (sound) => {
      const text = [...texts].find(([file]) => sound.includes(file))?.[1] ?? sound
      heard.push(text)
      if (text.startsWith('Por impuestos')) line.press('1')
      if (text.startsWith('¿Cómo califica')) line.press('4')
      if (sound.includes('local_stream')) {
        void sw
          .api(`uuid_setvar ${line.uuid} vera_exit answered`)
          .then(() => sw.api(`uuid_transfer ${line.uuid} vera_resume XML vera`))
      }
    }
    assert.equal(await over.promise, 'NORMAL_CLEARING')
    assert.deepEqual(
      heard.filter((text) => !text.startsWith('silence_stream')),
      [
        'Bienvenido al Centro Único de Contacto.',
        'Hola, Rosa Ejemplo.',
        'Por impuestos, marque 1. Por salud, marque 2. Por trámites, marque 3. Para hablar con un agente, marque 0.',
        'Lo comunicamos con un agente. La conversación puede ser grabada.',
        'local_stream://vera',
        '¿Cómo califica la atención? Marque de 1, muy mala, a 5, muy buena.',
        'Muchas gracias por su opinión.',
        'Gracias por comunicarse. Hasta luego.',
      ],
    )
    assert.equal(fake.enqueued[0]?.flowNode, 'cola-impuestos')
    assert.ok(fake.facts.some((fact) => fact.kind === 'interaction.survey' && fact.score === 4))
    assert.deepEqual(fake.alarms, [])
  } finally {
    await sw.stop()
    await door.close(true)
    await centre.stop()
    await rm(dir, { recursive: true, force: true })
  }
})
