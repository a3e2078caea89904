import { type Database, insertId, type Scope } from '../database/index.ts'
import type { Hours, SpecialDay } from './opening.ts'

export type StoredCalendar = { id: number; agencyId: number; name: string; hours: Hours[]; days: SpecialDay[] }

/** The only SQL for calendars. */
export function calendarStore(db: Database) {
  const read = async (filter: { agency_id?: number; id?: number }): Promise<StoredCalendar[]> => {
    const calendars = await db.knex('calendars').where(filter).orderBy('name').select('id', 'agency_id', 'name')
    if (calendars.length === 0) return []
    const ids = calendars.map(({ id }) => id)
    const hours = await db.knex('calendar_hours').whereIn('calendar_id', ids).orderBy(['weekday', 'opens'])
    const days = await db.knex('calendar_days').whereIn('calendar_id', ids).orderBy('day')
    return calendars.map((row) => ({
      id: row.id,
      agencyId: row.agency_id,
      name: row.name,
      hours: hours
        .filter((h) => h.calendar_id === row.id)
        .map(({ weekday, opens, closes }) => ({ weekday, opens, closes })),
      days: days
        .filter((d) => d.calendar_id === row.id)
        .map(({ day, name, opens, closes }) => ({ day, name, ...(opens && closes ? { opens, closes } : {}) })),
    }))
  }
  return {
    list: (scope: Scope) => read({ agency_id: scope.agencyId }),
    /** Of every agency: for the platform's own work only. */
    all: () => read({}),
    async get(scope: Scope, id: number): Promise<StoredCalendar | undefined> {
      return (await read({ agency_id: scope.agencyId, id }))[0]
    },
    create(scope: Scope, name: string, hours: readonly Hours[]): Promise<number> {
      return db.transaction(async (trx) => {
        const id = await insertId(trx('calendars').insert({ agency_id: scope.agencyId, name }))
        for (const row of hours)
          await trx('calendar_hours').insert({ ...row, agency_id: scope.agencyId, calendar_id: id })
        return id
      })
    },
    async update(scope: Scope, id: number, name: string, hours: readonly Hours[]): Promise<void> {
      const mine = { agency_id: scope.agencyId, calendar_id: id }
      await db.transaction(async (trx) => {
        await trx('calendars').where({ agency_id: scope.agencyId, id }).update({ name })
        await trx('calendar_hours').where(mine).del()
        for (const row of hours) await trx('calendar_hours').insert({ ...row, ...mine })
      })
    },
    async putDays(scope: Scope, id: number, days: readonly SpecialDay[]): Promise<void> {
      for (const { day, name, opens, closes } of days) {
        await db
          .knex('calendar_days')
          .insert({
            agency_id: scope.agencyId,
            calendar_id: id,
            day,
            name,
            opens: opens ?? null,
            closes: closes ?? null,
          })
          .onConflict(['calendar_id', 'day'])
          .merge(['name', 'opens', 'closes'])
      }
    },
    async removeDay(scope: Scope, id: number, day: string): Promise<number> {
      return db.knex('calendar_days').where({ agency_id: scope.agencyId, calendar_id: id, day }).del()
    },
    async inUse(scope: Scope, id: number): Promise<boolean> {
      return Boolean(await db.knex('queues').where({ agency_id: scope.agencyId, calendar_id: id }).first('id'))
    },
    async remove(scope: Scope, id: number): Promise<void> {
      const mine = { agency_id: scope.agencyId, calendar_id: id }
      await db.transaction(async (trx) => {
        await trx('calendar_hours').where(mine).del()
        await trx('calendar_days').where(mine).del()
        await trx('calendars').where({ agency_id: scope.agencyId, id }).del()
      })
    },
  }
}
