import type { Database, Scope } from '../database/index.ts'
import { AppError, type Audit } from '../http/types.ts'
import { createSignal } from '../live/index.ts'
import { nationalHolidays } from './holidays.ts'
import type { Hours, SpecialDay } from './opening.ts'
import { calendarStore, type StoredCalendar } from './store.ts'

export type Calendars = ReturnType<typeof createCalendars>

/** Opening hours and holidays of each agency. `by` is the user who changes them, for the audit. */
export function createCalendars({ db, audit }: { db: Database; audit: Audit }) {
  const store = calendarStore(db)
  const changes = createSignal<{ agencyId: number; id: number }>()
  const told = async (scope: Scope, by: number | undefined, action: string, id: number, detail?: object) => {
    await audit.record(scope, {
      userId: by,
      action: `calendar.${action}`,
      subjectType: 'calendar',
      subjectId: id,
      detail,
    })
    changes.emit({ agencyId: scope.agencyId, id })
  }
  const get = async (scope: Scope, id: number): Promise<StoredCalendar> => {
    const calendar = await store.get(scope, id)
    if (!calendar) throw new AppError('calendar.not_found', 404)
    return calendar
  }
  const named = (error: unknown): never => {
    if (db.dialect.isDuplicate(error))
      throw new AppError('calendar.name_taken', 409, {}, { name: 'calendar.name_taken' })
    throw error
  }
  return {
    changes,
    list: store.list,
    all: store.all,
    get,
    async create(
      scope: Scope,
      by: number | undefined,
      { name, hours }: { name: string; hours: Hours[] },
    ): Promise<number> {
      checkHours(hours)
      const id = await store.create(scope, name, hours).catch(named)
      await told(scope, by, 'created', id, { name })
      return id
    },
    async update(scope: Scope, by: number | undefined, id: number, { name, hours }: { name: string; hours: Hours[] }) {
      await get(scope, id)
      checkHours(hours)
      await store.update(scope, id, name, hours).catch(named)
      await told(scope, by, 'updated', id, { name, hours })
    },
    async putDay(scope: Scope, by: number | undefined, id: number, day: SpecialDay) {
      await get(scope, id)
      checkDay(day)
      await store.putDays(scope, id, [day])
      await told(scope, by, 'day_set', id, day)
    },
    async removeDay(scope: Scope, by: number | undefined, id: number, day: string) {
      if ((await store.removeDay(scope, id, day)) === 0) throw new AppError('calendar.day_not_found', 404)
      await told(scope, by, 'day_removed', id, { day })
    },
    /** Adds the national holidays of a year; days that stand already stay as staff left them. Returns how many were new. */
    async addNational(
      scope: Scope,
      by: number | undefined,
      id: number,
      year: number,
      nonWorking: boolean,
    ): Promise<number> {
      const { days } = await get(scope, id)
      const fresh = nationalHolidays(year, nonWorking).filter(({ day }) => !days.some((known) => known.day === day))
      await store.putDays(scope, id, fresh)
      await told(scope, by, 'holidays_added', id, { year, days: fresh.length })
      return fresh.length
    },
    async remove(scope: Scope, by: number | undefined, id: number) {
      const { name } = await get(scope, id)
      if (await store.inUse(scope, id)) throw new AppError('calendar.in_use', 409)
      await store.remove(scope, id)
      await told(scope, by, 'deleted', id, { name })
    },
  }
}

const isTime = (time: string) => /^([01]\d|2[0-3]):[0-5]\d$/.test(time)

/** @throws AppError when hours end before they begin, overlap, or are no times */
export function checkHours(hours: readonly Hours[]): void {
  for (const { weekday, opens, closes } of hours) {
    if (!isTime(opens) || !(isTime(closes) || closes === '24:00') || closes <= opens) {
      throw new AppError('calendar.hours_wrong', 400, {}, { [`day${weekday}`]: 'calendar.hours_wrong' })
    }
    for (const other of hours) {
      if (other.weekday === weekday && other.opens > opens && other.opens < closes) {
        throw new AppError('calendar.hours_overlap', 400, {}, { [`day${weekday}`]: 'calendar.hours_overlap' })
      }
      if (other.weekday === weekday && other.opens === opens && other.closes !== closes) {
        throw new AppError('calendar.hours_overlap', 400, {}, { [`day${weekday}`]: 'calendar.hours_overlap' })
      }
    }
  }
}

function checkDay({ day, opens, closes }: SpecialDay): void {
  const date = new Date(`${day}T12:00:00Z`)
  if (!/^\d{4}-\d\d-\d\d$/.test(day) || Number.isNaN(date.getTime()) || date.toISOString().slice(0, 10) !== day) {
    throw new AppError('calendar.day_wrong', 400, {}, { day: 'calendar.day_wrong' })
  }
  if (opens === undefined && closes === undefined) return
  if (!opens || !closes || !isTime(opens) || !(isTime(closes) || closes === '24:00') || closes <= opens) {
    throw new AppError('calendar.hours_wrong', 400, {}, { closes: 'calendar.hours_wrong' })
  }
}
