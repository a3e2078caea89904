import type { Knex } from 'knex'
import { flag, instant, uuid } from './columns.ts'

/** The switch's own call records, imported once each, and what they say that the facts do not. */
export async function up(knex: Knex): Promise<void> {
  await knex.schema.createTable('call_records', (t) => {
    // A leg of one run of one switch: the key that makes an import happen once.
    uuid(t, 'core_uuid').notNullable()
    uuid(t, 'uuid').notNullable()
    t.primary(['core_uuid', 'uuid'])
    t.integer('agency_id').unsigned() // null: nobody's (scanners, calls between phones)
    t.string('switch_node', 60).notNullable()
    t.string('role', 10).notNullable() // caller, agent, ring, consult, refused, other
    t.string('direction', 10).notNullable()
    uuid(t, 'interaction_id')
    uuid(t, 'other_leg') // the caller's for an agent's, else what it was bridged with
    t.string('from_address', 120).notNullable()
    t.string('to_address', 120).notNullable()
    t.string('extension', 30)
    t.integer('agent_id').unsigned()
    uuid(t, 'stay_id')
    t.integer('queue_id').unsigned()
    instant(t, 'talk_at')
    flag(t, 'fallback', false) // served by the dialplan, without us
    instant(t, 'started_at').notNullable()
    instant(t, 'answered_at')
    instant(t, 'bridged_at')
    instant(t, 'ended_at').notNullable()
    t.string('hangup_cause', 60).notNullable()
    t.integer('q850').notNullable()
    t.string('hangup_side', 10).notNullable() // caller, platform, switch
    instant(t, 'imported_at').notNullable()
    // waiting until settle_at for late facts; then joined (the facts had it), filled (from here) or unrelated.
    t.string('state', 10).notNullable()
    instant(t, 'settle_at')
    t.index(['state', 'settle_at'])
    t.index(['agency_id', 'started_at'])
    t.index('interaction_id')
    t.index('other_leg')
    t.index('started_at')
  })
  // Each run of each switch that we ever saw: a new one means that the one before ended, with what it held.
  await knex.schema.createTable('switch_runs', (t) => {
    uuid(t, 'core_uuid').primary()
    t.string('node', 60).notNullable()
    instant(t, 'first_seen_at').notNullable()
    instant(t, 'last_seen_at').notNullable()
    instant(t, 'lost_at')
    instant(t, 'settled_at')
    t.index('settled_at')
  })
  // True: something of it was filled in from the switch's records (metrics show how much they rest on them).
  await knex.schema.alterTable('interactions', (t) => flag(t, 'filled', false))
}

export async function down(): Promise<void> {
  throw new Error('migrations go forward only; restore a backup instead')
}
