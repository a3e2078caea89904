import type { Knex } from 'knex'
import * as organisation from './001-organisation.ts'
import * as crm from './002-crm.ts'
import * as interactions from './003-interactions.ts'
import * as operation from './004-operation.ts'

/** In the order of their names; a released one is never changed. */
export const migrations: Record<string, Knex.Migration> = {
  '001-organisation': organisation,
  '002-crm': crm,
  '003-interactions': interactions,
  '004-operation': operation,
}
