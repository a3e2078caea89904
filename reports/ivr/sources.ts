import type { Source } from '../explain/source.ts'
import { answersOf, eachJourney, type Journey, visitsOf, waysOf } from './journeys.ts'

const toldOf = ({ id, at, end }: Journey) => ({ at, interactionId: id, why: `journey_${end}` })

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

export const answersSource: Source = async function* (db, scope, asked) {
  for await (const journey of eachJourney(db, scope, asked))
    for (const { chosen, detail } of answersOf(journey, asked.where))
      yield {
        kind: 'answers',
        fact: { chosen },
        told: { ...toldOf(journey), title: detail, why: detail ? 'answer_given' : 'answer_none' },
      }
}

export const waysSource: Source = async function* (db, scope, asked) {
  const { step, next } = asked.where
  for await (const journey of eachJourney(db, scope, asked))
    for (const { from, to } of waysOf(journey)) {
      if (step !== undefined && (from !== step || to !== next)) continue
      yield { kind: 'passages', fact: {}, told: { ...toldOf(journey), title: `${from} → ${to}` } }
    }
}
