import type { Interval } from '../metrics/index.ts'
import type { Context } from '../report.ts'
import { readTotals } from '../rollups/index.ts'
import type { Table } from '../workbook/index.ts'
import { column } from './cells.ts'
import { demandOf } from './expected.ts'
import { outlookOf } from './outlook.ts'
import type { Past } from './past.ts'
import type { Planned } from './plan.ts'
import { agentsThere } from './presence.ts'
import { type Settings, servingOf } from './store.ts'

/** Who was at their desks in it is there now. */
const justNowMs = 300_000
const justNow = (now: number): Interval => ({ from: now - justNowMs, to: now })
const finite = (seconds: number): number | null => (Number.isFinite(seconds) ? seconds * 1000 : null)

/** More or fewer agents than are there now in the running half hour, else in the period's busiest one. */
export async function whatIf(context: Context, past: Past, settings: Settings, rows: readonly Planned[]) {
  const { db, scope, asked, timeZone, now } = context
  const running = rows.find((one) => one.from <= now && now < one.to && (one.calls ?? 0) > 0)
  const one =
    running ??
    rows.reduce<Planned | undefined>(
      (most, next) => (!most || (next.calls ?? 0) > (most.calls ?? 0) ? next : most),
      undefined,
    )
  let base = one?.roster ? one.roster * (1 - settings.shrinkage) : (one?.needed ?? 0)
  if (running) {
    const [recent] = await readTotals(db, scope, { family: 'agent', cut: [justNow(now)], timeZone, now })
    const serve = await servingOf(db, scope, asked.queueId)
    const there = agentsThere(recent!.keys, justNowMs, { serve, queueId: asked.queueId })
    if (there >= 0.5) base = there
  }
  const demand = demandOf(past, settings, one?.calls ?? 0)
  const usable = demand.calls > 0 && demand.ahtSeconds > 0
  const with_ = (more: number) => (usable && base + more >= 0 ? outlookOf(demand, base + more) : undefined)
  const table: Table = {
    id: 'what_if',
    title: `Qué pasaría con más o menos agentes${running ? ' (esta media hora)' : ' (la media hora más cargada)'}`,
    columns: [
      column('agents', 'Agentes', 'text'),
      column('level', `Contestadas en ${settings.targetSeconds} s`, 'ratio', {
        thresholds: { good: settings.target, warning: settings.target - 0.1 },
      }),
      column('abandon', 'Cortan', 'ratio'),
      column('asa', 'Espera media', 'duration'),
      column('occupancy', 'Ocupación', 'ratio'),
    ],
    rows: [-2, -1, 0, 1, 2, 3, 4].flatMap((more) => {
      const found = with_(more)
      if (!found) return []
      const name = `${(base + more).toFixed(1).replace('.', ',')}${more === 0 ? (running ? ' (ahora)' : '') : ` (${more > 0 ? '+' : '−'}${Math.abs(more)})`}`
      return [[name, found.serviceLevel, found.pAbandon, finite(found.asaSeconds), found.occupancy]]
    }),
  }
  return { base, table, now: with_(0)?.serviceLevel, more: with_(2)?.serviceLevel }
}
