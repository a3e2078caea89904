// For specs of this room: people, a form, and recorded calls to judge.
import { randomUUID } from 'node:crypto'
import { type Database, insertId, type Scope } from '../database/index.ts'
import type { Content } from './form.ts'

export const content: Content = {
  pass: 70,
  sections: [
    {
      id: 'trato',
      title: 'Trato',
      weight: 1,
      questions: [
        { id: 'saludo', text: '¿Saludó y dijo su nombre?', kind: 'yes_no', weight: 1, critical: false, na: true },
        { id: 'tono', text: 'Tono y claridad', kind: 'scale', weight: 1, critical: false, na: false },
      ],
    },
    {
      id: 'solucion',
      title: 'Solución',
      weight: 3,
      questions: [
        {
          ...{ id: 'resuelve', text: '¿Resolvió?', kind: 'choice', weight: 1, critical: false, na: true },
          options: [
            { id: 'todo', label: 'Todo', points: 10 },
            { id: 'algo', label: 'En parte', points: 4 },
            { id: 'nada', label: 'Nada', points: 0 },
          ],
        },
        { id: 'datos', text: '¿Cuidó los datos personales?', kind: 'yes_no', weight: 1, critical: true, na: true },
      ],
    },
  ],
}

export const person = (db: Database, { agencyId }: Scope, role: string, name: string = role): Promise<number> =>
  insertId(
    db.knex('users').insert({
      ...{ agency_id: agencyId, username: `${role}-${randomUUID().slice(0, 8)}`, name, role, created_at: 0 },
    }),
  )

/** A call of an agent; `state` of its recording, undefined: there is none. Returns the id of talk and recording. */
export async function recordedCall(
  db: Database,
  { agencyId: agency_id }: Scope,
  call: { agentId: number; at: number; queueId?: number; ms?: number; state?: string | undefined; path?: string },
): Promise<string> {
  const [id, interaction_id] = [randomUUID(), randomUUID()]
  const { agentId: agent_id, at, queueId: queue_id = null, ms = 120_000 } = call
  await db.knex('interactions').insert({
    ...{ id: interaction_id, agency_id, channel: 'voice', direction: 'inbound', created_at: at - 30_000 },
    ...{ from_address: '+543424111222', to_address: '147', answered_at: at - 30_000, ended_at: at + ms },
  })
  const talk = { id, agency_id, interaction_id, agent_id, queue_id }
  await db.knex('talk_segments').insert({ ...talk, answered_at: at, ended_at: at + ms })
  const state = 'state' in call ? call.state : 'present'
  if (state)
    await db.knex('recordings').insert({
      ...{ ...talk, kind: 'call', path: call.path ?? `${id}.wav`, state, started_at: at, duration_ms: ms },
    })
  return id
}
