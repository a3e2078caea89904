// The thread: the routing engine on a clock of its own, twice.
import { setPriority } from 'node:os'
import { parentPort, workerData } from 'node:worker_threads'
import { simulateSkills } from '../skills-simulation.ts'
import { type Question, withTwo } from './question.ts'
import type { Said } from './thread.ts'

const { question, calls } = workerData as { question: Question; calls: number }
const say = (said: Said) => parentPort!.postMessage(said)
// On Linux this is of the calling thread alone: whoever has a call to serve goes first.
if (process.platform === 'linux') {
  try {
    setPriority(10)
  } catch {
    // Not allowed here: then with the same rank.
  }
}
const { queues, agents } = question
const as = await simulateSkills(queues, agents, { calls, progress: (done) => say({ done }) })
const more = await simulateSkills(queues, withTwo(agents), { calls, progress: (done) => say({ done: calls + done }) })
say({ result: { as, more } })
