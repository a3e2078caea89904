import { counted, type Metric, metric } from './metric.ts'

/** How a call left its flow: into a queue, served by it, hung up, not taken (closed, blocked), or not at all yet. */
export type JourneyEnd = 'queued' | 'contained' | 'left' | 'closed' | 'open'
/** `choice`: which of the few things known beforehand was chosen or answered; undefined: nothing. */
export type Step = { node: string; name: string; choice?: string }
type OfCall = { interactionId: string; channel: string; topicId: number | null; at: number }
/** A call's way through its flow, until it left it. `at`: when it came, ms. */
export type JourneyFact = OfCall & { steps: readonly Step[]; end: JourneyEnd }
/** A call at one step: how often it came there, how often it went on, and how it left from there; undefined: it did not. */
export type VisitFact = Pick<OfCall, 'channel' | 'topicId'> & {
  node: string
  name: string
  times: number
  on: number
  end: JourneyEnd | undefined
}
/** One passing of a step; `chosen`: with the choice that is asked about. */
export type AnswerFact = Pick<OfCall, 'channel' | 'topicId'> & Step & { chosen: boolean }
/** From one step to the next, both by name; from the beginning, and to how the call left. */
export type PassageFact = Pick<OfCall, 'channel' | 'topicId'> & { from: string; to: string }

/** What a step is called that has no name. */
export const nameless = 'Sin nombre'
/** Longer texts of a flow are cut: they stand in addresses. */
export const longestText = 200

/** The steps of a call, each once. */
export function visitsOf({ steps, end, channel, topicId }: JourneyFact): VisitFact[] {
  const visits: VisitFact[] = []
  for (const [place, { node, name }] of steps.entries()) {
    let visit = visits.find((one) => one.node === node && one.name === name)
    if (!visit) {
      visit = { channel, topicId, node, name, times: 0, on: 0, end: undefined }
      visits.push(visit)
    }
    visit.times++
    if (place < steps.length - 1) visit.on++
    else visit.end = end
  }
  return visits
}

export const ended: Record<JourneyEnd, string> = {
  queued: 'Pasó a una cola',
  contained: 'Resuelta por el IVR',
  left: 'Cortó',
  closed: 'No se atendió',
  open: 'Sigue en el IVR',
}

export function passagesOf({ steps, end, channel, topicId }: JourneyFact): PassageFact[] {
  const names = ['Comienzo', ...steps.map(({ name }) => name), ended[end]]
  return names.slice(1).map((to, at) => ({ channel, topicId, from: names[at] as string, to }))
}

/** What was chosen at the steps where anything was. */
export function choicesOf({ steps, channel, topicId }: JourneyFact): AnswerFact[] {
  return steps.filter(({ choice }) => choice !== undefined).map((step) => ({ channel, topicId, ...step, chosen: true }))
}

export const journeyMeasures = {
  journeys: {
    ivr_calls: () => 1,
    ivr_queued: (one: JourneyFact) => one.end === 'queued',
    ivr_contained: (one: JourneyFact) => one.end === 'contained',
    ivr_left: (one: JourneyFact) => one.end === 'left',
  },
  visits: {
    step_calls: () => 1,
    step_times: (one: VisitFact) => one.times,
    step_on: (one: VisitFact) => one.on,
    step_queued: (one: VisitFact) => one.end === 'queued',
    step_contained: (one: VisitFact) => one.end === 'contained',
    step_left: (one: VisitFact) => one.end === 'left',
  },
  answers: {
    answer_times: (one: AnswerFact) => one.chosen,
    answers: () => 1,
  },
  passages: {
    way_times: () => 1,
  },
}

export const journeys: readonly Metric[] = [
  counted(
    'ivr_calls',
    ['Pasaron por el IVR', 'Went through the IVR'],
    [
      'Interacciones entrantes creadas en el intervalo que dieron al menos un paso en un flujo.',
      'Inbound interactions created in the interval that took at least one step in a flow.',
    ],
  ),
  counted(
    'ivr_queued',
    ['Del IVR a una cola', 'From the IVR to a queue'],
    ['Pasaron por el IVR y entraron en una cola.', 'Went through the IVR and into a queue.'],
  ),
  counted(
    'ivr_contained',
    ['Resueltas por el IVR', 'Contained by the IVR'],
    [
      'Pasaron por el IVR, que dio lo que se pedía, sin entrar en una cola.',
      'Went through the IVR, which gave what was asked, without a queue.',
    ],
  ),
  counted(
    'ivr_left',
    ['Cortaron en el IVR', 'Hung up in the IVR'],
    [
      'Terminaron en el IVR sin cola y sin que diera lo que se pedía.',
      'Ended in the IVR without a queue and without what was asked.',
    ],
  ),
  metric(
    'ivr_left_share',
    'ratio',
    ['Cortaron, del total', 'Hung up, of all'],
    ['Cortaron en el IVR ÷ pasaron por el IVR.', 'Hung up in the IVR ÷ went through it.'],
    { kind: 'quotient', over: ['ivr_left'], under: ['ivr_calls'] },
  ),
  counted(
    'step_calls',
    ['Llegaron al paso', 'Came to the step'],
    ['Llamadas que pasaron por el paso, cada una una vez.', 'Calls that came to the step, each once.'],
  ),
  counted(
    'step_times',
    ['Veces en el paso', 'Times at the step'],
    ['Veces que se pasó por el paso: una llamada puede volver.', 'Times the step was passed: a call may come back.'],
  ),
  counted(
    'step_on',
    ['Siguieron a otro paso', 'Went on'],
    ['Veces en que después vino otro paso.', 'Times that another step followed.'],
  ),
  counted(
    'step_queued',
    ['Del paso a una cola', 'From the step to a queue'],
    [
      'Llamadas cuyo último paso fue este y entraron en una cola.',
      'Calls whose last step it was and that went to a queue.',
    ],
  ),
  counted(
    'step_contained',
    ['Resueltas en el paso', 'Contained at the step'],
    ['Llamadas que el IVR resolvió en este paso.', 'Calls that the IVR served at this step.'],
  ),
  counted(
    'step_left',
    ['Cortaron en el paso', 'Hung up at the step'],
    ['Llamadas que cortaron en este paso.', 'Calls that hung up at this step.'],
  ),
  metric(
    'step_left_share',
    'ratio',
    ['Cortaron, de las que llegaron', 'Hung up, of those that came'],
    ['Cortaron en el paso ÷ llegaron al paso.', 'Hung up at the step ÷ came to the step.'],
    { kind: 'quotient', over: ['step_left'], under: ['step_calls'] },
  ),
  counted(
    'answer_times',
    ['Veces con esa respuesta', 'Times with that answer'],
    [
      'Veces que se pasó por el paso y se eligió o respondió eso.',
      'Times the step was passed with that choice or answer.',
    ],
  ),
  metric(
    'answer_share',
    'ratio',
    ['De las veces del paso', 'Of the times at the step'],
    ['Veces con esa respuesta ÷ veces en el paso.', 'Times with that answer ÷ times at the step.'],
    { kind: 'quotient', over: ['answer_times'], under: ['answers'] },
  ),
  counted(
    'way_times',
    ['Veces por ese camino', 'Times that way'],
    ['Veces que se fue de un paso al otro.', 'Times that calls went from the one to the other.'],
  ),
]
