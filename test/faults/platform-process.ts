// The whole platform with one queue and its agents, as a process of its own that can be killed at any moment.
import { readConfig } from '../../server/config.ts'
import { createPlatform } from '../../server/platform.ts'

export type PlatformSettings = {
  home: string
  env: Record<string, string>
  recordingsDir: string
  cdrDir: string
  extensions: string[]
}

const settings = JSON.parse(process.argv[2] ?? '{}') as PlatformSettings
const { home, recordingsDir, cdrDir } = settings
const platform = await createPlatform(
  { ...readConfig(settings.env), home, recordingsDir, cdrDir },
  { say: () => {}, requireReachable: false },
)
await platform.db.migrate()
const { knex } = platform.db
if (!(await knex('agencies').first())) await centre()
await platform.start()
const { routing, client } = platform.telephony
if (client.state !== 'up') await new Promise<void>((up) => client.on('up', () => up()))
// Who was at work before the kill must be at work again without doing anything.
let seated = 0
for (const { id } of await knex('users').where({ role: 'agent' }).select('id')) {
  if ((await knex('agent_states').where({ agent_id: id }).first()) !== undefined) continue
  routing.agents.signIn(id)
  routing.agents.ready(id)
  seated++
}
process.on('SIGTERM', () => void platform.stop().then(() => process.exit(0)))
process.on('disconnect', () => process.exit(0))
process.send?.({ seated })

/** A number, a flow that greets and queues, and agents with phones that answer by themselves. */
async function centre(): Promise<void> {
  const [agencyId] = await knex('agencies').insert({ code: 'a', name: 'Organismo', kind: 'province', created_at: 0 })
  const rows = { agency_id: agencyId, active: true }
  await knex('queues').insert({
    ...{ ...rows, code: 'general', name: 'General', channel: 'voice', levels: '[]', messages: '[]' },
    ...{ wrap_up_seconds: 1, ring_seconds: 10, record: true, announce_position: false },
  })
  for (const extension of settings.extensions) {
    const person = {
      username: `agente${extension}`,
      name: `Agente ${extension}`,
      role: 'agent',
      extension,
      password_hash: '',
    }
    await knex('users').insert({ ...rows, ...person, language: 'es', created_at: 0 })
  }
  const place = { z: 'flow', x: 100, y: 100 }
  const say = { as: 'text', value: '' }
  const flows = [
    { id: 'flow', type: 'tab', label: 'Fallas' },
    { ...place, id: 'in', type: 'vera-call-in', name: 'Entrada', number: '', wires: [['hello']] },
    {
      ...{ ...place, id: 'hello', type: 'vera-play', name: 'Bienvenida', wires: [['queue']] },
      say: { as: 'text', value: 'Bienvenido.' },
    },
    {
      ...{ ...place, id: 'queue', type: 'vera-queue', name: 'General', queue: 'general', topic: '', say },
      ...{ priority: 0, messages: [], keys: '', callbackKey: '' },
      wires: [['end'], ['end'], ['end'], ['end'], ['end'], ['end'], []],
    },
    { ...place, id: 'end', type: 'vera-hang-up', name: 'Fin', say, contained: false, busy: false, wires: [] },
  ]
  const deploy = { user_id: null, username: 'vera', at: 0, flows: JSON.stringify(flows), credentials: '{}' }
  await knex('flow_deploys').insert(deploy)
}
