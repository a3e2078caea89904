// What flows may ask of the platform (nodes/kit/platform.ts), filled from the capabilities.
import type { CallbackPort, CitizenPort, Platform, TicketPort } from '../nodes/kit/platform.ts'
import type { Database } from './database/index.ts'
import type { createVoicemailFiles, FlowCalls, QueuePort } from './flows/index.ts'
import type { Prompts } from './prompts/index.ts'
import type { createRoutingSettings } from './queues/routing-settings.ts'
import type { Routing } from './routing/index.ts'

export type FlowPortsOptions = {
  db: Database
  calls: FlowCalls
  queues: QueuePort
  prompts: Prompts
  settings: ReturnType<typeof createRoutingSettings>
  files: ReturnType<typeof createVoicemailFiles>
  dial: { extension(extension: string): string; number(number: string): string }
  routing: Routing
  now: () => number
}

export function flowPorts(options: FlowPortsOptions): Platform {
  const { calls, queues, prompts, files, settings, routing, now } = options
  const citizens: CitizenPort = {
    byPhone: async () => undefined,
    byDni: async () => undefined,
    byCuit: async () => undefined,
    save: async () => {
      throw new Error('not joined')
    },
  }
  const tickets: TicketPort = {
    create: async () => {
      throw new Error('not joined')
    },
    byNumber: async () => undefined,
    latest: async () => undefined,
  }
  const callbacks: CallbackPort = {
    async request(request) {
      routing.calls.requestCallback(request)
    },
  }
  return {
    calls,
    citizens,
    tickets,
    queues,
    calendars: { status: async () => 'open' },
    callbacks,
    prompts,
    recordings: files,
    dial: { extension: options.dial.extension, number: (number) => options.dial.number(number) },
    choices: settings.choices,
    now,
  }
}
