import type { Database } from '../../server/database/index.ts'
import { hashPassword } from '../../server/http/passwords.ts'

export const password = 'dos-centros-1234'
/** Straight into the queue, and a menu in front of it. */
export const numbers = { queue: '08000000147', menu: '08000000148' }

/** One agency with a queue over all switches, four agents, a supervisor, an administrator, a flow and a scheduled report. */
export async function makeCentre({ knex }: Database, extensions: string[]): Promise<{ queueId: number }> {
  const [agencyId] = await knex('agencies').insert({ code: 'a', name: 'Organismo', kind: 'province', created_at: 0 })
  const rows = { agency_id: agencyId, active: true }
  const [queueId] = await knex('queues').insert({
    ...{ ...rows, code: 'general', name: 'General', channel: 'voice', levels: '[]', messages: '[]' },
    ...{ wrap_up_seconds: 0, ring_seconds: 10, record: true, announce_position: false },
  })
  const person = { ...rows, password_hash: await hashPassword(password), language: 'es', created_at: 0 }
  for (const extension of extensions) {
    const name = `Agente ${extension}`
    await knex('users').insert({ ...person, username: `agente${extension}`, name, role: 'agent', extension })
  }
  for (const role of ['supervisor', 'administrator'])
    await knex('users').insert({ ...person, username: role, name: role, role })
  const owner = await knex('users').where({ username: 'supervisor' }).first('id')
  // Hourly and old: the last one is due when the servers start, and both look.
  await knex('schedules').insert({
    ...{ agency_id: agencyId, owner_id: owner.id, name: 'Cada hora', report: 'queues', format: 'csv', active: true },
    ...{ parameters: JSON.stringify({ period: 'yesterday' }), recipients: JSON.stringify(['a@ejemplo.gob.ar']) },
    ...{ cron: '0 * * * *', time_zone: 'America/Argentina/Buenos_Aires', created_at: Date.now() - 3_700_000 },
  })
  const place = { z: 'flow', x: 100, y: 100 }
  const say = { as: 'text', value: '' }
  const prompt = (value: string) => ({ as: 'text', value })
  const flows = [
    { id: 'flow', type: 'tab', label: 'Dos centros' },
    { ...place, id: 'in', type: 'vera-call-in', name: 'Directo', number: numbers.queue, wires: [['queue']] },
    { ...place, id: 'other', type: 'vera-call-in', name: 'Con menú', number: numbers.menu, wires: [['menu']] },
    {
      ...{ ...place, id: 'menu', type: 'vera-menu', name: 'Menú', say: prompt('Marque 1.'), seconds: 30, retries: 5 },
      ...{ options: [{ key: '1', label: 'Uno' }], bargeIn: true, noInput: prompt('Nada.'), noMatch: prompt('No.') },
      wires: [['queue'], ['end'], ['end']],
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
  return { queueId: queueId as number }
}
