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
import * as wallboardScreens from './018-wallboard-screens.ts'
import * as scheduleRuns from './019-schedule-runs.ts'
import * as staffing from './020-staffing.ts'
import * as exportsOf from './021-exports.ts'
import * as ownWorkbooks from './022-own-workbooks.ts'
import * as wallboards from './023-wallboards.ts'
import * as rosterPast from './024-roster-past.ts'
import * as evaluations from './025-evaluations.ts'
import * as campaignFacts from './026-campaign-facts.ts'
import * as bouncesAndRosters from './027-bounces-and-rosters.ts'
import * as intervalBlocks from './028-interval-blocks.ts'
import * as countingIndexes from './029-counting-indexes.ts'
import * as dialledLegs from './030-dialled-legs.ts'
import * as rosterBegins from './031-roster-begins.ts'
import * as runTokens from './032-run-tokens.ts'
import * as announcementVersions from './033-announcement-versions.ts'
import * as factsByKind from './034-facts-by-kind.ts'
import * as schedulesDeleted from './036-schedules-deleted.ts'
import * as staffingSaves from './037-staffing-saves.ts'
import * as ticketsCounted from './038-tickets-counted.ts'

/** Names that were given away before their rooms were written; databases may hold them. */
const nothing: Knex.Migration = { async up() {}, async down() {} }

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
  '013-wallboards': nothing,
  '014-schedules': nothing,
  '015-workbooks': nothing,
  '016-staffing': nothing,
  '017-exports': nothing,
  '018-wallboard-screens': wallboardScreens,
  '019-schedule-runs': scheduleRuns,
  '020-staffing': staffing,
  '021-exports': exportsOf,
  '022-own-workbooks': ownWorkbooks,
  '023-wallboards': wallboards,
  '024-roster-past': rosterPast,
  '025-evaluations': evaluations,
  '026-campaign-facts': campaignFacts,
  '027-bounces-and-rosters': bouncesAndRosters,
  '028-interval-blocks': intervalBlocks,
  '029-counting-indexes': countingIndexes,
  '030-dialled-legs': dialledLegs,
  '031-roster-begins': rosterBegins,
  '032-run-tokens': runTokens,
  '033-announcement-versions': announcementVersions,
  '034-facts-by-kind': factsByKind,
  '036-schedules-deleted': schedulesDeleted,
  '037-staffing-saves': staffingSaves,
  '038-tickets-counted': ticketsCounted,
}
