import type { Knex } from 'knex'

/** UTC milliseconds. */
export const instant = (t: Knex.CreateTableBuilder, name: string) => t.bigInteger(name)
/** Milliseconds. */
export const duration = (t: Knex.CreateTableBuilder, name: string) => t.bigInteger(name)
/** Made by us at the instant of the event, so that it exists before the database knows it. */
export const uuid = (t: Knex.CreateTableBuilder, name: string) => t.string(name, 36)
/** The agency that owns the row. */
export const agency = (t: Knex.CreateTableBuilder) =>
  t.integer('agency_id').unsigned().notNullable().references('id').inTable('agencies')
export const flag = (t: Knex.CreateTableBuilder, name: string, value: boolean) =>
  t.boolean(name).notNullable().defaultTo(value)
