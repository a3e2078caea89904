import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { it } from 'node:test'
import { definition as ticketDefinition } from './crm/create-ticket/config.ts'
import { createTicket } from './crm/create-ticket/create-ticket.ts'
import { findCitizen } from './crm/find-citizen/find-citizen.ts'
import { definition as saveDefinition } from './crm/save-citizen/config.ts'
import { saveCitizen } from './crm/save-citizen/save-citizen.ts'
import { ticketStatus } from './crm/ticket-status/ticket-status.ts'
import { askData } from './ivr/ask/ask.ts'
import { definition as askDefinition } from './ivr/ask/config.ts'
import { callIn } from './ivr/call-in/call-in.ts'
import { hours } from './ivr/hours/hours.ts'
import { mask } from './ivr/mask/mask.ts'
import { definition as menuDefinition } from './ivr/menu/config.ts'
import { menu } from './ivr/menu/menu.ts'
import { play } from './ivr/play/play.ts'
import { definition as recordDefinition } from './ivr/record-message/config.ts'
import { recordMessage } from './ivr/record-message/record-message.ts'
import { definition as optionDefinition } from './ivr/say-option/config.ts'
import { sayOption } from './ivr/say-option/say-option.ts'
import { definition as surveyDefinition } from './ivr/survey/config.ts'
import { survey } from './ivr/survey/survey.ts'
import { definition as transferDefinition } from './ivr/transfer/config.ts'
import { transfer } from './ivr/transfer/transfer.ts'
import { readConfig } from './kit/definition.ts'
import { exitInWords } from './kit/exits.ts'
import { callback } from './queue/callback/callback.ts'
import { definition as callbackDefinition } from './queue/callback/config.ts'
import { definition as queueDefinition } from './queue/queue/config.ts'
import { queue } from './queue/queue/queue.ts'
import { fakePorts, runBehaviour } from './testing/fake-platform.ts'
import { fakeSpeaker } from './testing/fake-speaker.ts'

const say = { as: 'text' as const, value: 'Hola' }
const options = [
  { key: '1', label: 'Licencias', phrases: '' },
  { key: '2', label: '', phrases: 'otra' },
]
/** What the caller is and types; none of it may come into a choice. */
const dni = '30123456'
const phone = '3424567890'
const message = {
  answer: dni,
  answers: { dni, phone },
  citizen: { id: 7, name: 'Rosa Ejemplo', dni, phone },
}
type Ran = Promise<{ fake: ReturnType<typeof fakePorts> }>
const withTicket = async () => {
  const fake = fakePorts()
  await fake.ports.tickets.create(1, { subject: 'x', origin: 'flow', citizenId: 7 } as never)
  return fake
}
const heard = (said: Parameters<typeof fakeSpeaker>[0], keys: string[]) => {
  const speaker = fakeSpeaker(said)
  const fake = fakePorts()
  fake.ports.speech = speaker.speech
  const config = { ...readConfig(optionDefinition, {}), say, options }
  return runBehaviour(sayOption, config, {}, { fake, live: speaker.call({ keys }) })
}
const full = () => {
  const fake = fakePorts()
  fake.state.exit = { exit: 'overflowed', reason: 'full' }
  return fake
}
const cases: Record<string, [() => Ran, (string | undefined)[]]> = {
  'menu, one wrong': [
    () => runBehaviour(menu, { ...readConfig(menuDefinition, {}), say, options }, { keys: ['', '9', '1'] }),
    ['sin respuesta', 'no válido', '1 Licencias'],
  ],
  'say-option, said and pressed': [
    () =>
      heard(
        [
          { value: '9', text: phone, confidence: 0.9 },
          { value: '1', text: 'licencias', confidence: 0.9 },
        ],
        [],
      ),
    ['no se entendió', '1 Licencias'],
  ],
  'say-option, keys': [() => heard(['no_file'], ['7', '2']), ['no válido', '2']],
  ask: [
    () =>
      runBehaviour(askData, { ...readConfig(askDefinition, {}), say, confirm: false }, { keys: ['', '03012345', dni] }),
    ['sin respuesta', 'no válido', 'respondió'],
  ],
  survey: [() => runBehaviour(survey, readConfig(surveyDefinition, {}), { keys: ['4'] }), ['4']],
  hours: [() => runBehaviour(hours, { calendar: '', reject: false }), ['abierto']],
  play: [
    () => runBehaviour(play, { say: { as: 'text', value: '{{msg.citizen.name}}' } }, {}, { message }),
    [undefined],
  ],
  'call-in': [() => runBehaviour(callIn, { number: '' }, { to: phone }), [undefined]],
  mask: [() => runBehaviour(mask, { action: 'mask' }), ['falló']],
  'find-citizen': [() => runBehaviour(findCitizen, { by: 'phone', from: '' }, { from: phone }), ['encontrado']],
  'find-citizen, nobody': [() => runBehaviour(findCitizen, { by: 'dni', from: '' }), ['no encontrado']],
  'save-citizen': [() => runBehaviour(saveCitizen, readConfig(saveDefinition, {}), {}, { message }), ['guardado']],
  'save-citizen, refused': [
    () => runBehaviour(saveCitizen, readConfig(saveDefinition, {}), {}, { message: { answers: { dni: '1' } } }),
    ['no se guardó'],
  ],
  'create-ticket': [
    () => runBehaviour(createTicket, readConfig(ticketDefinition, { subject: phone }), { from: phone }, { message }),
    ['creado'],
  ],
  'ticket-status': [
    async () =>
      runBehaviour(
        ticketStatus,
        { by: 'number', from: '', speak: false },
        {},
        {
          ...{ fake: await withTicket(), message: { answer: '1000' } },
        },
      ),
    ['abierto'],
  ],
  'ticket-status, none': [
    () => runBehaviour(ticketStatus, { by: 'number', from: '', speak: false }, {}, { message: { answer: dni } }),
    ['no encontrado'],
  ],
  transfer: [
    () =>
      runBehaviour(
        transfer,
        { ...readConfig(transferDefinition, {}), kind: 'number', to: '{{msg.answers.phone}}' },
        { bridge: 'busy' },
        { message },
      ),
    ['ocupado'],
  ],
  'record-message': [
    () => runBehaviour(recordMessage, readConfig(recordDefinition, {}), { messageMs: 9_000 }),
    ['dejó un mensaje'],
  ],
  'record-message, short': [
    () => runBehaviour(recordMessage, readConfig(recordDefinition, {}), { messageMs: 10 }),
    ['sin mensaje'],
  ],
  callback: [
    () =>
      runBehaviour(
        callback,
        readConfig(callbackDefinition, { queue: 'salud', number: 'answers.phone' }),
        {},
        { message },
      ),
    ['pedida'],
  ],
  queue: [
    () => runBehaviour(queue, readConfig(queueDefinition, { queue: 'salud' }), {}, { fake: full(), message }),
    ['salud', 'la cola estaba llena'],
  ],
}

for (const [name, [run, choices]] of Object.entries(cases))
  it(`the choice of ${name} is one of a few, never what the caller typed or is`, async () => {
    const { fake } = await run()
    const told = fake.facts.filter((fact) => fact.kind === 'interaction.step').map(({ choice }) => choice)
    assert.deepEqual(told, choices)
    for (const secret of [dni, phone, 'Rosa', '03012345']) assert.ok(!told.join().includes(secret))
  })

it('every node that tells a step is among them', () => {
  const folder = import.meta.dirname
  const telling = globSync('{ivr,crm,queue}/*/*.ts', { cwd: folder })
    .filter((file) => !file.endsWith('.spec.ts'))
    .filter((file) => /step\.note\(|ask\(step|listen\(step/.test(readFileSync(join(folder, file), 'utf8')))
    .map((file) => file.split('/')[1] as string)
  const known = new Set(Object.keys(cases).map((name) => name.split(',')[0]))
  // Hanging up has no detail; yes-no listens as say-option does.
  for (const node of telling) if (!['hang-up', 'yes-no'].includes(node)) assert.ok(known.has(node), node)
})

it('an exit of a queue is one of a few, whatever the leg says', () => {
  assert.equal(exitInWords('no_agents'), 'no había agentes')
  assert.equal(exitInWords('key:9'), 'marcó 9')
  for (const odd of ['key:30123456', 'constructor', dni, '']) assert.equal(exitInWords(odd), 'otra salida')
})
