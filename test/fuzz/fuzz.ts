// All the ways, one after the other, on one switch.
import { dialWays } from './dial-ways.ts'
import { texts } from './hostile.ts'
import { legWays } from './leg-ways.ts'
import { sipWays } from './sip-ways.ts'
import { openStand, type Stand } from './stand.ts'

const ways = [...legWays, ...dialWays, ...sipWays]

/** Sends `count` texts, shared among the ways by their weight; after each way the books of the switch must be even. */
export async function fuzz(kind: Stand['kind'], count: number, seed: number, say: (line: string) => void = () => {}) {
  const stand = await openStand(kind)
  const findings: string[] = []
  let total = 0
  try {
    const here = ways.filter((way) => kind === 'real' || way.real === undefined)
    for (const way of ways) if (!here.includes(way)) say(`  not run, needs the real switch: ${way.name}`)
    const weights = here.reduce((sum, way) => sum + way.share, 0)
    for (const [at, way] of here.entries()) {
      // The last one takes what rounding left, so that the number asked for is the number sent.
      const size = at === here.length - 1 ? count - total : Math.floor((count * way.share) / weights)
      const started = performance.now()
      let counts = 'stopped by its finding'
      try {
        const sum = await way.run(stand, texts(stand.canaryFile, size, seed + at))
        counts = `accepted ${sum.accepted}, reduced ${sum.reduced}, refused ${sum.refused}`
        const counted = sum.accepted + sum.reduced + sum.refused
        if (counted !== size) findings.push(`${way.name}: ${counted} of ${size} texts are accounted for`)
      } catch (error) {
        findings.push(`${way.name}: ${(error as Error).message}`)
        say(`  FINDING ${(error as Error).message}`)
      }
      total += size
      await stand.check().catch((error: Error) => findings.push(`${way.name}: ${error.message}`))
      // What one way left behind is told once and not held against the next.
      stand.ledger.clear()
      stand.strange.length = 0
      say(`  ${way.name}: ${size} texts, ${counts}, ${((performance.now() - started) / 1000).toFixed(1)} s`)
    }
  } finally {
    await stand.stop()
  }
  return { findings, total }
}
