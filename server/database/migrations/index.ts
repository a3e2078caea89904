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
import * as rollups from './012-rollups.ts'
import * as wallboards from './013-wallboards.ts'
import * as schedules from './014-schedules.ts'
import * as workbooks from './015-workbooks.ts'
import * as staffing from './016-staffing.ts'
import * as exportsOf from './017-exports.ts'

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
  '012-rollups': rollups,
  '013-wallboards': wallboards,
  '014-schedules': schedules,
  '015-workbooks': workbooks,
  '016-staffing': staffing,
  '017-exports': exportsOf,
}
