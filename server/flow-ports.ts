// What flows may ask of the platform (nodes/kit/platform.ts), filled from the capabilities.
import { exitsOf, problemsOf } from '../nodes/kit/definition.ts'
import type { CallbackPort, Platform } from '../nodes/kit/platform.ts'
import { palette } from '../nodes/palette.ts'
import { type Calendars, isOpen, specialDayAt } from './calendars/index.ts'
import { type Citizens, flowCitizens } from './citizens/index.ts'
import { type Database, scopeOf } from './database/index.ts'
import type { CheckOptions, createVoicemailFiles, FlowCalls, QueuePort } from './flows/index.ts'
import type { Prompts } from './prompts/index.ts'
import { lastKnown } from './queues/last-known.ts'
import type { createRoutingSettings } from './queues/routing-settings.ts'
import type { Routing } from './routing/index.ts'
import { flowTickets, type Tickets } from './tickets/index.ts'

export type FlowPortsOptions = {
  db: Database
  calls: FlowCalls
  queues: QueuePort
  prompts: Prompts
  settings: ReturnType<typeof createRoutingSettings>
  files: ReturnType<typeof createVoicemailFiles>
  dial: Platform['dial']
  masking: NonNullable<Platform['masking']>
  speech: NonNullable<Platform['speech']>
  routing: Routing
  citizens: Citizens
  tickets: Tickets
  calendars: Calendars
  now: () => number
}

export function flowPorts(options: FlowPortsOptions): Platform {
  const { db, calls, queues, prompts, files, settings, routing, now } = options
  // A caller is at the node: with the database away the calendar of before is better than none.
  const remembered = lastKnown()
  async function calendarOf(agencyId: number, name: string) {
    const list = await options.calendars.list(scopeOf(agencyId))
    // Without a name: the one by which the agency's queues open.
    const own = await db
      .knex('queues')
      .where({ agency_id: agencyId, active: true })
      .whereNotNull('calendar_id')
      .orderBy('id')
      .first('calendar_id')
    const calendar = name
      ? list.find((one) => one.name === name)
      : (list.find((one) => one.id === own?.calendar_id) ?? list[0])
    const agency = await db.knex('agencies').where({ id: agencyId }).first('time_zone')
    return calendar && agency ? { calendar, timeZone: agency.time_zone as string } : undefined
  }
  const callbacks: CallbackPort = {
    async request(request) {
      routing.calls.requestCallback(request)
    },
  }
  return {
    calls,
    citizens: flowCitizens(options.citizens),
    tickets: flowTickets(options.tickets, db),
    queues,
    calendars: {
      async status(agencyId, name, at) {
        const found = await remembered.ask(`${agencyId} ${name}`, () => calendarOf(agencyId, name))
        if (!found) return undefined
        if (isOpen(found.calendar, at, found.timeZone)) return 'open'
        return specialDayAt(found.calendar, at, found.timeZone) ? 'holiday' : 'closed'
      },
    },
    callbacks,
    prompts,
    recordings: files,
    dial: options.dial,
    masking: options.masking,
    speech: options.speech,
    choices: settings.choices,
    now,
  }
}

/** What `checkFlow` is held against: the palette, and what there is in the agencies. */
export async function checkOptions(settings: FlowPortsOptions['settings']): Promise<CheckOptions> {
  const choices = await settings.choices()
  const names = (list: { value: string }[]) => list.map(({ value }) => value)
  return {
    palette,
    exitsOf,
    problemsOf,
    known: {
      queues: names(choices.queues),
      calendars: names(choices.calendars),
      topics: names(choices.topics),
      backOffices: names(choices.backOffices),
      recordings: names(choices.recordings),
    },
  } as CheckOptions
}
