// Any history of a centre, for property tests: stays of any outcome, talks and wrap-ups that may hang over, states that may overlap.
import fc from 'fast-check'
import type { Facts, JourneyEnd, StayFact, Step } from '../metrics/index.ts'

const s = 1000
/** Four days around a change of clocks in Santiago. */
export const begin = Date.parse('2026-04-03T03:00Z')
export const length = 4 * 86_400_000
export const instant = fc.integer({ min: begin - 3_600_000, max: begin + length + 3_600_000 })

/** Of those with a stay every seventh. */
const outbound = (id: string) => id.startsWith('i') && Number(id.slice(1)) % 7 === 0
/** Of the interaction `n`. */
const of = (n: number) => ({ channel: n % 5 === 0 ? 'chat' : 'voice', topicId: n % 3 || null })
/** Names and choices of any letters, few enough to come again. */
const word = fc.constantFrom('Menú', 'menu', 'a\nb', '"[]\\', '🐦', '1 Licencias')
const step: fc.Arbitrary<Step> = fc
  .record({ node: fc.constantFrom('n1', 'n2'), name: word, choice: fc.option(word, { nil: undefined }) })
  .map(({ choice, ...one }) => (choice === undefined ? one : { ...one, choice }))
const ways = fc.array(step, { maxLength: 5 })

/** Facts around [begin, begin + length). */
export const history: fc.Arbitrary<Facts> = fc
  .record({
    stays: fc.array(
      fc.record({
        at: instant,
        wait: fc.integer({ min: 0, max: 900 * s }),
        outcome: fc.constantFrom('answered', 'abandoned', 'overflowed', 'rejected', 'callback', null),
        reason: fc.constantFrom('timeout', 'full', 'no_agents', 'diverted'),
        talk: fc.integer({ min: 0, max: 7_200_000 }),
        target: fc.integer({ min: 0, max: 60 }),
        steps: ways,
      }),
      { maxLength: 60 },
    ),
    /** Calls that never came to a queue. */
    served: fc.array(
      fc.record({ at: instant, end: fc.constantFrom<JourneyEnd>('contained', 'left', 'closed', 'open'), steps: ways }),
      { maxLength: 30 },
    ),
    states: fc.array(
      fc.record({
        from: instant,
        length: fc.integer({ min: 1, max: 40_000_000 }),
        open: fc.boolean(),
        state: fc.constantFrom('available', 'talking', 'wrap_up', 'break', 'offline', 'offered'),
      }),
      { maxLength: 30 },
    ),
  })
  .map(
    ({ stays, served, states }): Facts => ({
      interactions: [
        ...stays.map((one, n) => ({
          id: `i${n}`,
          channel: of(n).channel,
          direction: outbound(`i${n}`) ? ('outbound' as const) : ('inbound' as const),
          createdAt: one.at,
          answeredAt: n % 3 === 0 ? null : one.at,
          endedAt: one.outcome === null ? null : one.at + one.wait + one.talk,
          rejectedReason: one.outcome === 'rejected' ? 'closed' : null,
          contained: false,
          gateway: n % 4 === 0 ? 'second' : null,
          topicId: of(n).topicId,
        })),
        ...served.map((one, n) => ({
          id: `v${n}`,
          channel: of(n).channel,
          direction: 'inbound' as const,
          createdAt: one.at,
          answeredAt: one.at,
          endedAt: one.end === 'open' ? null : one.at + 60 * s,
          rejectedReason: one.end === 'closed' ? 'closed' : null,
          contained: one.end === 'contained',
          gateway: null,
          topicId: of(n).topicId,
        })),
      ],
      journeys: [
        ...stays.map((one, n) => ({
          interactionId: `i${n}`,
          ...of(n),
          at: one.at,
          steps: one.steps,
          end: 'queued' as JourneyEnd,
        })),
        ...served.map((one, n) => ({ interactionId: `v${n}`, ...of(n), at: one.at, steps: one.steps, end: one.end })),
      ].filter(({ steps, interactionId }) => steps.length > 0 && !outbound(interactionId)),
      stays: stays.map((one, n) => ({
        id: `s${n}`,
        interactionId: `i${n}`,
        ...of(n),
        queueId: 1 + (n % 3),
        enqueuedAt: one.at,
        leftAt: one.outcome === null ? null : one.at + one.wait,
        outcome: one.outcome as StayFact['outcome'],
        overflowReason: one.outcome === 'overflowed' ? one.reason : null,
        agentId: one.outcome === 'answered' ? 1 + (n % 2) : null,
        targetSeconds: one.target,
        targetPercent: 80 + (n % 2) * 10,
        shortAbandonSeconds: 5,
      })),
      offers: stays.map((one, n) => ({
        stayId: `s${n}`,
        interactionId: `i${n}`,
        channel: of(n).channel,
        queueId: 1 + (n % 3),
        agentId: 1 + (n % 2),
        offeredAt: one.at + 1,
        outcome: n % 2 ? 'no_answer' : 'accepted',
      })),
      talks: stays
        .map((one, n) => ({
          id: `t${n}`,
          interactionId: `i${n}`,
          ...of(n),
          stayId: n % 4 === 0 ? null : `s${n}`,
          queueId: n % 4 === 0 ? null : 1 + (n % 3),
          agentId: 1 + (n % 2),
          answeredAt: one.at + one.wait,
          endedAt: one.at + one.wait + one.talk,
          holdMs: Math.floor(one.talk / 3),
        }))
        .filter((_, n) => stays[n]!.outcome === 'answered'),
      wrapUps: stays
        .map((one, n) => ({
          talkId: n % 2 ? `t${n}` : null,
          interactionId: `i${n}`,
          ...of(n),
          queueId: n % 4 === 0 ? null : 1 + (n % 3),
          agentId: 1 + (n % 2),
          beganAt: one.at + one.wait + one.talk,
          endedAt: n % 6 ? one.at + one.wait + one.talk + 5 : null,
        }))
        .filter((_, n) => stays[n]!.outcome === 'answered'),
      dials: stays.map((one, n) => ({
        id: `d${n}`,
        interactionId: `i${n}`,
        gateway: n % 2 ? 'norte' : 'sur',
        dialledAt: one.at + one.wait,
        answeredAt: n % 3 ? one.at + one.wait : null,
        endedAt: one.at + one.wait + one.talk,
      })),
      agentStates: states.map((one) => ({
        agentId: 1,
        state: one.state,
        breakReasonId: null,
        from: one.from,
        to: one.open ? null : one.from + one.length,
      })),
    }),
  )
