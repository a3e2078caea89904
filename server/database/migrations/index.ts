import type { Knex } from 'knex'
import * as organisation from './001-organisation.ts'
import * as crm from './002-crm.ts'
import * as interactions from './003-interactions.ts'
import * as operation from './004-operation.ts'
import * as phones from './005-phones.ts'
import * as recordings from './006-recordings.ts'
import * as prompts from './007-prompts.ts'
import * as callRecords from './008-call-records.ts'
import * as cluster from './009-cluster.ts'
import * as supervision from './010-supervision.ts'
import * as backOfficeNumber from './011-back-office-number.ts'

/** In the order of their names; a released one is never changed. */
export const migrations: Record<string, Knex.Migration> = {
  '001-organisation': organisation,
  '002-crm': crm,
  '003-interactions': interactions,
  '004-operation': operation,
  '005-phones': phones,
  '006-recordings': recordings,
  '007-prompts': prompts,
  '008-call-records': callRecords,
  '009-cluster': cluster,
  '010-supervision': supervision,
  '011-back-office-number': backOfficeNumber,
}
