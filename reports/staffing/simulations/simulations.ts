import { randomUUID } from 'node:crypto'
import type { Database, Scope } from '../../../server/database/index.ts'
import { AppError } from '../../../server/http/types.ts'
import { readAgency } from '../../store.ts'
import { questionOf } from './question.ts'
import * as store from './store.ts'
import { type Playing, playInThread } from './thread.ts'

/** Of each of the two plays: the service level is within a point of what ten times as many say. */
const callsEach = 20_000
const everyMs = 500
/** A server that says nothing for so long is gone. */
const silentMs = 60_000

export type SimulationsOptions = {
  db: Database
  server: string
  now: () => number
  log(line: string): void
  /** What plays; tests put their own. */
  play?: typeof playInThread
  ask?: typeof questionOf
}
export type Simulations = ReturnType<typeof createSimulations>

/** Simulations of shared skills: one at a time on each server, in a thread; what a stopped server left is told as cut. */
export function createSimulations(options: SimulationsOptions) {
  const { db, server, now, log, play = playInThread, ask = questionOf } = options
  let current: { id: string; playing: Playing; ended: Promise<void> } | undefined
  let stopping = false

  async function follow(scope: Scope, id: string, playing: Playing): Promise<void> {
    const timer = setInterval(() => {
      store.touch(db, scope, id, playing.done(), now()).then(
        // Cancelled on another server.
        (runs) => runs || playing.end(),
        (error: Error) => log(`simulations: ${error.message}`),
      )
    }, everyMs).unref()
    const ending = await playing.result.then(
      (result) => ({ state: 'done' as const, result }),
      (error: Error) => (stopping ? { state: 'cut' as const } : { state: 'failed' as const, error: error.message }),
    )
    clearInterval(timer)
    if (ending.state === 'done') await store.touch(db, scope, id, 2 * callsEach, now())
    await store.endSimulation(db, scope, id, ending, now())
  }

  return {
    /** What ran here when this server last stopped, however it did. */
    start: () => store.cutShort(db, { server, silentSince: now() - silentMs }, now()),
    async stop(): Promise<void> {
      stopping = true
      current?.playing.end()
      await current?.ended
    },
    /** @throws AppError where there is nothing to simulate, or one runs here already */
    async ask(scope: Scope, userId: number): Promise<string> {
      if (current || stopping) throw new AppError('simulation.busy', 409)
      const { timeZone } = await readAgency(db, scope)
      const question = await ask(db, scope, { timeZone, now: now() })
      if (typeof question === 'string') throw new AppError(`simulation.${question}`, 409)
      // Somebody else may have asked meanwhile.
      if (current || stopping) throw new AppError('simulation.busy', 409)
      const id = randomUUID()
      const playing = play(question, callsEach)
      const added = store.addSimulation(db, scope, { id, userId, server, question, callsTotal: 2 * callsEach }, now())
      const ended = added
        .then(() => follow(scope, id, playing))
        .catch((error: Error) => {
          playing.end()
          playing.result.catch(() => {})
          log(`simulations: ${error.message}`)
        })
        .finally(() => {
          current = undefined
        })
      current = { id, playing, ended }
      await added
      return id
    },
    /** Nothing happens to one that is over. @throws AppError for one that the agency does not have */
    async cancel(scope: Scope, id: string): Promise<void> {
      if (!(await store.hasSimulation(db, scope, id))) throw new AppError('simulation.not_found', 404)
      if ((await store.cancelSimulation(db, scope, id, now())) && current?.id === id) current.playing.end()
    },
    async list(scope: Scope): Promise<store.Simulation[]> {
      await store.cutShort(db, { silentSince: now() - silentMs }, now())
      const list = await store.listSimulations(db, scope)
      const here = current
      return list.map((one) => (one.id === here?.id ? { ...one, callsDone: here.playing.done() } : one))
    },
    /** Waits for what runs here. */
    idle: async () => void (await current?.ended),
  }
}
