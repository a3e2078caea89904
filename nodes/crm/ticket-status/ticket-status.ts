import type { Language } from '../../../server/flows/types.ts'
import type { ConfigOf } from '../../kit/definition.ts'
import { GONE, type Step } from '../../kit/step.ts'
import { textAt } from '../../kit/template.ts'
import type { definition } from './config.ts'

const states: Record<Language, Record<string, string>> = {
  es: {
    open: 'está abierto y pronto será asignado',
    in_progress: 'está en curso',
    waiting: 'está a la espera de información',
    solved: 'está resuelto',
    closed: 'está cerrado',
    reopened: 'fue reabierto',
  },
  'en-US': {
    open: 'is open and will be assigned soon',
    in_progress: 'is in progress',
    waiting: 'is waiting for information',
    solved: 'is solved',
    closed: 'is closed',
    reopened: 'was reopened',
  },
}

/** As the reports count it. */
const counted: Record<string, string> = {
  open: 'abierto',
  in_progress: 'en curso',
  waiting: 'en espera',
  solved: 'resuelto',
  closed: 'cerrado',
  reopened: 'reabierto',
}

/** What is said of a ticket. */
export function statusText(number: number, state: string, language: Language): string {
  const said = states[language][state] ?? states[language].in_progress
  return language === 'es' ? `Su trámite número ${number} ${said}.` : `Your case number ${number} ${said}.`
}

/** A ticket by its number or the citizen's newest; into `msg.ticket`, and said if wanted. Another agency's is not found. */
export async function ticketStatus(step: Step<ConfigOf<typeof definition.fields>>): Promise<string> {
  const { by, from, speak } = step.config
  const { agencyId, language } = step.call.data
  const { tickets } = step.platform
  const number = Number(textAt(step.message, from || 'answer'))
  const ticket =
    by === 'citizen'
      ? step.message.citizen && (await tickets.latest(agencyId, step.message.citizen.id))
      : Number.isSafeInteger(number) && number > 0
        ? await tickets.byNumber(agencyId, number)
        : undefined
  if (!ticket) {
    step.note('no encontrado', 'no encontrado')
    return 'not_found'
  }
  step.message.ticket = ticket
  step.note(`n.º ${ticket.number}: ${ticket.state}`, counted[ticket.state])
  if (!speak) return 'found'
  return (await step.say(statusText(ticket.number, ticket.state, language))) ? 'found' : GONE
}
