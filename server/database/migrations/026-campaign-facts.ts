import type { Knex } from 'knex'
import { agency, instant, uuid } from './columns.ts'

/** Campaigns as their facts tell them: list, attempts, agents' time. Who dials makes the campaign's row and tells the rest. */
export async function up(knex: Knex): Promise<void> {
  await knex.schema.createTable('campaigns', (t) => {
    t.increments('id')
    agency(t)
    t.string('name', 120).notNullable()
    instant(t, 'created_at').notNullable()
    instant(t, 'plan_from')
    instant(t, 'plan_to')
    t.integer('plan_records')
    t.index(['agency_id', 'name'])
  })
  await knex.schema.createTable('campaign_records', (t) => {
    uuid(t, 'id').primary()
    agency(t)
    t.integer('campaign_id').unsigned().notNullable().references('id').inTable('campaigns')
    instant(t, 'loaded_at').notNullable()
    instant(t, 'first_attempt_at')
    instant(t, 'closed_at')
    t.boolean('success')
    t.integer('disposition_id').unsigned()
    t.index(['agency_id', 'campaign_id'])
  })
  await knex.schema.createTable('dial_attempts', (t) => {
    uuid(t, 'id').primary()
    agency(t)
    t.integer('campaign_id').unsigned().notNullable().references('id').inTable('campaigns')
    uuid(t, 'record_id').notNullable()
    uuid(t, 'interaction_id').notNullable()
    instant(t, 'began_at').notNullable()
    instant(t, 'answered_at')
    t.string('answered_by', 10) // human, machine
    instant(t, 'connected_at')
    t.integer('agent_id').unsigned()
    instant(t, 'ended_at')
    t.string('outcome', 12)
    t.index(['agency_id', 'began_at'])
    t.index(['agency_id', 'campaign_id', 'began_at'])
    t.index('interaction_id')
  })
  await knex.schema.createTable('campaign_agents', (t) => {
    uuid(t, 'id').primary()
    agency(t)
    t.integer('campaign_id').unsigned().notNullable().references('id').inTable('campaigns')
    t.integer('agent_id').unsigned().notNullable()
    instant(t, 'joined_at').notNullable()
    instant(t, 'left_at')
    t.index(['agency_id', 'joined_at'])
  })
}

export async function down(): Promise<void> {
  throw new Error('migrations go forward only; restore a backup instead')
}
