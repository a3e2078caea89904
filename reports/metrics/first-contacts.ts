import type { Interval } from './intervals.ts'
import { counted, type Metric, metric } from './metric.ts'

/** Who comes back on the same topic within it was not served the first time, ms. */
export const againWithinMs = 7 * 86_400_000

/** A citizen came in about a topic, UTC ms. */
export type Contact = { at: number; citizenId: number; topicId: number }

/** The first contact of a citizen on a topic; `known`: seven days have gone by since; `again`: they came back within them. */
export type FirstContactFact = { known: boolean; again: boolean }

export const firstContactMeasures = {
  first_contacts: () => 1,
  fcr_unknown: (one: FirstContactFact) => !one.known,
  fcr_resolved: (one: FirstContactFact) => one.known && !one.again,
}

/**
 * First contacts of a period: those without another contact of the same citizen on the same topic in the seven days before.
 * `add` takes all contacts from seven days before the period until seven days behind it (or now), in the order in which they
 * came and in pieces of any size, and gives the first contacts that nothing to come can change; `end` gives the rest.
 */
export function firstContacts<Some extends Contact>(period: Interval, now: number) {
  type First = Some & FirstContactFact
  let last = new Map<string, First>()
  let swept = 1_000
  let pending: First[] = []
  return {
    add(contacts: readonly Some[]): First[] {
      for (const contact of contacts) {
        const key = `${contact.citizenId} ${contact.topicId}`
        const before = last.get(key)
        const one = { ...contact, known: contact.at + againWithinMs <= now, again: false }
        if (before && contact.at - before.at <= againWithinMs) before.again = true
        else if (contact.at >= period.from && contact.at < period.to) pending.push(one)
        last.set(key, one)
      }
      const at = contacts.at(-1)?.at ?? 0
      const gone = (one: First) => at - one.at > againWithinMs
      if (last.size > 2 * swept) {
        last = new Map([...last].filter(([, one]) => !gone(one)))
        swept = Math.max(1_000, last.size)
      }
      const open = pending.findIndex((one) => !gone(one))
      const told = pending.slice(0, open < 0 ? pending.length : open)
      pending = pending.slice(told.length)
      return told
    },
    end: (): First[] => pending,
  }
}

export const firstContactMetrics: readonly Metric[] = [
  counted(
    'first_contacts',
    ['Primeros contactos', 'First contacts'],
    [
      'Interacciones entrantes de una persona identificada sobre una temática, sin otra suya sobre la misma en los 7 días anteriores.',
      'Inbound interactions of a known citizen on a topic, without another of theirs on the same one in the 7 days before.',
    ],
  ),
  counted(
    'fcr_unknown',
    ['Primeros contactos que todavía no se saben', 'First contacts not known yet'],
    [
      'Primeros contactos de los últimos 7 días: la persona todavía puede volver.',
      'First contacts of the last 7 days: the citizen may still come back.',
    ],
  ),
  counted(
    'fcr_resolved',
    ['Sin volver en 7 días', 'Not back within 7 days'],
    [
      'Primeros contactos después de los que la persona no volvió sobre la misma temática en 7 días, por ningún canal.',
      'First contacts after which the citizen did not come back on the same topic within 7 days, by any channel.',
    ],
  ),
  metric(
    'fcr',
    'ratio',
    ['Resuelto en el primer contacto', 'First contact resolution'],
    [
      'Sin volver en 7 días ÷ primeros contactos, sin contar los que todavía no se saben: los últimos 7 días de un período que llega hasta hoy no entran.',
      'Not back within 7 days ÷ first contacts, less those not known yet: the last 7 days of a period that reaches today do not count.',
    ],
    { kind: 'quotient', over: ['fcr_resolved'], under: ['first_contacts'], less: ['fcr_unknown'] },
  ),
]
