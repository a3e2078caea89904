import type { Column, Table } from '../../workbook/index.ts'
import type { Simulation } from './store.ts'

const column = (id: string, title: string, kind: Column['kind']): Column => ({ id, title, kind })

/** What came out; undefined where nothing has yet. `at`: when it was asked, in words. */
export function simulationTable({ question, result }: Simulation, at: string): Table | undefined {
  if (!result) return undefined
  const { as, more } = result
  return {
    id: 'skills',
    title: `Colas que comparten agentes (simulado ${at})`,
    columns: [
      column('queue', 'Cola', 'text'),
      column('calls', 'Esperadas', 'decimal'),
      column('level', `Nivel con los ${question.agents.length} de entonces`, 'ratio'),
      column('level_more', 'Nivel con dos más que sepan todo', 'ratio'),
      column('abandon', 'Cortan', 'ratio'),
      column('asa', 'Espera media', 'duration'),
    ],
    rows: as.queues.map((one, index) => [
      question.queues[index]!.name,
      question.queues[index]!.callsPerHour / 2,
      one.serviceLevel,
      more.queues[index]!.serviceLevel,
      one.pAbandon,
      one.asaSeconds === null ? null : one.asaSeconds * 1000,
    ]),
  }
}
