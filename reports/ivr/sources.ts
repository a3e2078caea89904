import type { Source } from '../explain/source.ts'
import { type JourneyFact, passagesOf, visitsOf } from '../metrics/index.ts'
import { eachJourney } from './journeys.ts'

const toldOf = ({ interactionId, at, end }: JourneyFact) => ({ at, interactionId, why: `journey_${end}` })

export const journeysSource: Source = async function* (db, scope, asked) {
  for await (const journey of eachJourney(db, scope, asked))
    yield { kind: 'journeys', fact: journey, told: toldOf(journey) }
}

export const stepsSource: Source = async function* (db, scope, asked) {
  const { node, step } = asked.where
  for await (const journey of eachJourney(db, scope, asked))
    for (const visit of visitsOf(journey)) {
      if (step !== undefined && (visit.node !== node || visit.name !== step)) continue
      const why = visit.end ? `journey_${visit.end}` : 'step_on'
      yield { kind: 'visits', fact: visit, told: { ...toldOf(journey), title: visit.name, why } }
    }
}

/** Every passing of the step, whatever was chosen. */
export const answersSource: Source = async function* (db, scope, asked) {
  const { node, step, answer } = asked.where
  for await (const journey of eachJourney(db, scope, asked)) {
    const { channel, topicId } = journey
    for (const one of journey.steps) {
      if (one.node !== node || one.name !== step) continue
      const fact = { channel, topicId, ...one, chosen: one.choice === answer }
      const told = { title: one.choice ?? '', why: one.choice === undefined ? 'answer_none' : 'answer_given' }
      yield { kind: 'answers', fact, told: { ...toldOf(journey), ...told } }
    }
  }
}

export const waysSource: Source = async function* (db, scope, asked) {
  const { step, next } = asked.where
  for await (const journey of eachJourney(db, scope, asked))
    for (const passage of passagesOf(journey)) {
      const { from, to } = passage
      if (step !== undefined && (from !== step || to !== next)) continue
      yield { kind: 'passages', fact: passage, told: { ...toldOf(journey), title: `${from} → ${to}` } }
    }
}
