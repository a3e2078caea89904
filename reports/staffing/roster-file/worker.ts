// The thread: one file, its own memory.
import { parentPort, workerData } from 'node:worker_threads'
import { WorkbookRefused } from '../../own-workbook/refused.ts'
import { readGrid } from './grid.ts'
import { readRosterGrid } from './reading.ts'
import type { Said, ThreadJob } from './thread.ts'

const { bytes, now } = workerData as ThreadJob
const say = (said: Said) => parentPort!.postMessage(said)
try {
  say({ reading: readRosterGrid(await readGrid(Buffer.from(bytes)), now) })
} catch (error) {
  if (error instanceof WorkbookRefused) say({ refused: { code: error.code, values: error.values } })
  else say({ fault: (error as Error).message })
}
